namespace KeyRecovery.Service.Errors;

/// <summary>
/// Every way in which the server says no. The names are stable: a client branches on them, and the host turns each into
/// one RFC 9457 problem.
/// </summary>
public enum ErrorCode
{
    /// <summary>The request breaks the format's rules; the problem names the field. A repeat fails too.</summary>
    Malformed,

    /// <summary>The body, or a part of it, is longer than the limits allow.</summary>
    TooLarge,

    /// <summary>The body is of a media type, or in a character set, that this route does not read.</summary>
    UnsupportedMediaType,

    /// <summary>The route exists, but not for this method.</summary>
    MethodNotAllowed,

    /// <summary>The body did not arrive in time.</summary>
    Timeout,

    /// <summary>The request carries neither a signature nor a token where one is needed.</summary>
    Unauthenticated,

    /// <summary>
    /// The request's signature does not verify, for whatever reason: one answer for unknown, wrong and gone keys.
    /// </summary>
    SignatureInvalid,

    /// <summary>
    /// The signature's <c>created</c> is more than 300 s from the server's clock; <c>serverTime</c> says what that is.
    /// </summary>
    ClockSkew,

    /// <summary>The app token does not hold, for whatever reason.</summary>
    TokenInvalid,

    /// <summary>The authority that signed was removed from the account's chain.</summary>
    Revoked,

    /// <summary>The caller is known, but may not do this.</summary>
    Forbidden,

    /// <summary>There is no such thing, or not for this caller.</summary>
    NotFound,

    /// <summary>Another device was faster; the problem carries the current heads.</summary>
    StaleVersion,

    /// <summary>This user of this app has an account already.</summary>
    AccountExists,

    /// <summary>What the request names is there already, and is something else.</summary>
    Conflict,

    /// <summary>Two devices have claimed the link session, so it was ended: someone else has seen the code.</summary>
    LinkContested,

    /// <summary>The recovery slot's id is taken.</summary>
    SlotExists,

    /// <summary>Well-formed, but it breaks a rule of the protocol; the problem names field and rule.</summary>
    Refused,

    /// <summary>One of the account's limits (see <c>GET /v1/config</c>) is used up; the field names it.</summary>
    LimitReached,

    /// <summary>
    /// The app has as much as its server gives it: <c>field</c> says whether accounts or bytes. What makes room is
    /// done.
    /// </summary>
    QuotaReached,

    /// <summary>The authority is not trusted yet: it was added too short a time ago for what it asks.</summary>
    YoungAuthority,

    /// <summary>The app's operators have suspended the account: it is read, and not changed.</summary>
    Suspended,

    /// <summary>The account lacks its newest link: only a repair, or the way back, is accepted.</summary>
    RepairRequired,

    /// <summary>The account's key is there, its data are not: a device uploads its vault anew.</summary>
    VaultLost,

    /// <summary>The account was erased.</summary>
    Erased,

    /// <summary>
    /// The next guess at the passphrase is not due yet; <c>guessesLeft</c> and <c>nextAttemptInMs</c> come with it.
    /// </summary>
    GuessWait,

    /// <summary>
    /// A device has paused the passphrase; <c>guessesLeft</c> and <c>nextAttemptInMs</c> come with it.
    /// </summary>
    SlotPaused,

    /// <summary>The guesses are used up, and the realm's share of the key is destroyed.</summary>
    SlotLocked,

    /// <summary>Too many requests; <c>retryAfterMs</c> says when the next one is welcome.</summary>
    RateLimited,

    /// <summary>The server cannot answer now; it may be done all the same. A repeat is harmless.</summary>
    Unavailable,

    /// <summary>
    /// A store has no room left. Nothing is promised; the same again, later, is answered whatever was stored.
    /// </summary>
    StorageFull,

    /// <summary>A fault of the server's own.</summary>
    Internal,
}
