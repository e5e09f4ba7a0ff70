using System.Collections.Frozen;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Http;

/// <summary>The one table from outcome to problem (RFC 9457).</summary>
internal static class Problems
{
    public const string TypePrefix = "urn:keyrecovery:error:";

    public const string ContentType = "application/problem+json";

    private static readonly FrozenDictionary<ErrorCode, ProblemKind> Table = new Dictionary<ErrorCode, ProblemKind>
    {
        [ErrorCode.Malformed] = new("malformed", 400, "The request breaks a rule of its format."),
        [ErrorCode.TooLarge] = new("too-large", 413, "The request is longer than the limits allow."),
        [ErrorCode.UnsupportedMediaType] = new("unsupported-media-type", 415, "This route does not read that media type."),
        [ErrorCode.MethodNotAllowed] = new("method-not-allowed", 405, "This route does not know that method."),
        [ErrorCode.Timeout] = new("timeout", 408, "The request did not arrive in time."),
        [ErrorCode.Unauthenticated] = new("unauthenticated", 401, "A signature or a token is needed."),
        [ErrorCode.SignatureInvalid] = new("signature-invalid", 401, "The request's signature does not hold."),
        [ErrorCode.ClockSkew] = new("clock-skew", 401, "The signature's time is too far from the server's."),
        [ErrorCode.TokenInvalid] = new("token-invalid", 401, "The app token does not hold."),
        [ErrorCode.Revoked] = new("revoked", 403, "The authority that signed was removed."),
        [ErrorCode.Forbidden] = new("forbidden", 403, "The caller may not do this."),
        [ErrorCode.NotFound] = new("not-found", 404, "There is nothing here."),
        [ErrorCode.StaleVersion] = new("stale-version", 409, "Another device was faster."),
        [ErrorCode.AccountExists] = new("account-exists", 409, "This user has an account already."),
        [ErrorCode.Conflict] = new("conflict", 409, "There is something else already."),
        [ErrorCode.LinkContested] = new("link-contested", 409, "Two devices have claimed the session, so it was ended."),
        [ErrorCode.SlotExists] = new("slot-exists", 409, "The slot's id is taken."),
        [ErrorCode.Refused] = new("refused", 422, "The request breaks a rule of the protocol."),
        [ErrorCode.LimitReached] = new("limit-reached", 422, "A limit of the account is used up."),
        [ErrorCode.YoungAuthority] = new("young-authority", 403, "The authority is not trusted yet."),
        [ErrorCode.RepairRequired] = new("repair-required", 409, "The stored chain was rolled back and needs a repair."),
        [ErrorCode.VaultLost] = new("vault-lost", 409, "The account's data are lost: upload the vault anew."),
        [ErrorCode.Erased] = new("erased", 410, "The account was erased."),
        [ErrorCode.GuessWait] = new("guess-wait", 429, "The next guess is not due yet."),
        [ErrorCode.SlotPaused] = new("slot-paused", 403, "A device has paused the passphrase."),
        [ErrorCode.SlotLocked] = new("slot-locked", 410, "The guesses are used up, and the share of the key is destroyed."),
        [ErrorCode.RateLimited] = new("rate-limited", 429, "Too many requests."),
        [ErrorCode.Unavailable] = new("unavailable", 503, "The server cannot answer now; nothing was done."),
        [ErrorCode.StorageFull] = new("storage-full", 507, "The server has no room left; nothing was stored."),
        [ErrorCode.Internal] = new("internal", 500, "The server failed."),
    }.ToFrozenDictionary();

    /// <summary>Every kind, in the order of <see cref="ErrorCode"/>.</summary>
    public static IEnumerable<ProblemKind> All => Enum.GetValues<ErrorCode>().Select(Of);

    /// <summary>The row of <paramref name="code"/>.</summary>
    public static ProblemKind Of(ErrorCode code) => Table[code];

    /// <summary>What a bare status of the web framework means.</summary>
    public static ErrorCode OfStatus(int status) => status switch
    {
        401 => ErrorCode.Unauthenticated,
        403 => ErrorCode.Forbidden,
        404 => ErrorCode.NotFound,
        405 => ErrorCode.MethodNotAllowed,
        408 => ErrorCode.Timeout,
        413 => ErrorCode.TooLarge,
        415 => ErrorCode.UnsupportedMediaType,
        429 => ErrorCode.RateLimited,
        503 => ErrorCode.Unavailable,
        < 500 => ErrorCode.Malformed,
        _ => ErrorCode.Internal,
    };
}
