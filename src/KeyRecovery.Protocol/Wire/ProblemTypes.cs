namespace KeyRecovery.Protocol.Wire;

/// <summary>
/// What a server says no with (docs/protocol.md §9.4): the ends of a problem's <c>type</c> (RFC 9457 §3.1.1), behind
/// <see cref="Prefix"/>. Stable: clients branch on them.
/// </summary>
public static class ProblemTypes
{
    /// <summary>What every <c>type</c> begins with.</summary>
    public const string Prefix = "urn:keyrecovery:error:";

    /// <summary>The request breaks the format's rules; the problem names the field. A repeat fails too.</summary>
    public const string Malformed = "malformed";

    /// <summary>The body, or a part of it, is longer than the limits allow.</summary>
    public const string TooLarge = "too-large";

    /// <summary>The body is of a media type, or in a character set, that this route does not read.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>The route exists, but not for this method.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>The body did not arrive in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The request carries neither a signature nor a token where one is needed.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>
    /// The request's signature does not verify, for whatever reason: one answer for unknown, wrong and gone keys.
    /// </summary>
    public const string SignatureInvalid = "signature-invalid";

    /// <summary>
    /// The signature's <c>created</c> is more than 300 s from the server's clock; <c>serverTime</c> says what that is.
    /// </summary>
    public const string ClockSkew = "clock-skew";

    /// <summary>The app token does not hold, for whatever reason.</summary>
    public const string TokenInvalid = "token-invalid";

    /// <summary>The authority that signed was removed from the account's chain.</summary>
    public const string Revoked = "revoked";

    /// <summary>The caller is known, but may not do this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>There is no such thing, or not for this caller.</summary>
    public const string NotFound = "not-found";

    /// <summary>Another device was faster; the problem carries the current heads.</summary>
    public const string StaleVersion = "stale-version";

    /// <summary>This user of this app has an account already.</summary>
    public const string AccountExists = "account-exists";

    /// <summary>What the request names is there already, and is something else.</summary>
    public const string Conflict = "conflict";

    /// <summary>Two devices have claimed the link session, so it was ended: someone else has seen the code.</summary>
    public const string LinkContested = "link-contested";

    /// <summary>The recovery slot's id is taken.</summary>
    public const string SlotExists = "slot-exists";

    /// <summary>Well-formed, but it breaks a rule of the protocol; the problem names field and rule.</summary>
    public const string Refused = "refused";

    /// <summary>One of the account's limits (see <c>GET /v1/config</c>) is used up; the field names it.</summary>
    public const string LimitReached = "limit-reached";

    /// <summary>
    /// The app has as much as its server gives it: <c>field</c> is <c>accounts</c> or <c>bytes</c>. What makes room,
    /// removes somebody or erases is done.
    /// </summary>
    public const string QuotaReached = "quota-reached";

    /// <summary>The authority is not trusted yet: it was added too short a time ago for what it asks.</summary>
    public const string YoungAuthority = "young-authority";

    /// <summary>The app's operators have suspended the account: it is read, and not changed.</summary>
    public const string Suspended = "suspended";

    /// <summary>The stored chain was rolled back: only a repair with the newest chain is accepted.</summary>
    public const string RepairRequired = "repair-required";

    /// <summary>The account's key is there, its data are not: a device uploads its vault anew.</summary>
    public const string VaultLost = "vault-lost";

    /// <summary>The account was erased.</summary>
    public const string Erased = "erased";

    /// <summary>
    /// The next guess at the passphrase is not due yet; <c>guessesLeft</c> and <c>nextAttemptInMs</c> come with it.
    /// </summary>
    public const string GuessWait = "guess-wait";

    /// <summary>
    /// A device has paused the passphrase; <c>guessesLeft</c> and <c>nextAttemptInMs</c> come with it.
    /// </summary>
    public const string SlotPaused = "slot-paused";

    /// <summary>The guesses are used up, and the realm's share of the key is destroyed.</summary>
    public const string SlotLocked = "slot-locked";

    /// <summary>Too many requests; <c>retryAfterMs</c> says when the next one is welcome.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>The server cannot answer now; it may be done all the same. A repeat is harmless.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>
    /// The server has no room left. Nothing is promised; the same again, later, is answered whatever was stored.
    /// </summary>
    public const string StorageFull = "storage-full";

    /// <summary>A fault of the server's own.</summary>
    public const string Internal = "internal";
}
