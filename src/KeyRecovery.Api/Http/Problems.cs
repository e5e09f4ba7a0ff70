using System.Collections.Frozen;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Http;

/// <summary>The one table from outcome to problem (RFC 9457).</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    private static readonly FrozenDictionary<ErrorCode, ProblemKind> Table = new Dictionary<ErrorCode, ProblemKind>
    {
        [ErrorCode.Malformed] = new(ProblemTypes.Malformed, 400, "The request breaks a rule of its format."),
        [ErrorCode.TooLarge] = new(ProblemTypes.TooLarge, 413, "The request is longer than the limits allow."),
        [ErrorCode.UnsupportedMediaType] =
            new(ProblemTypes.UnsupportedMediaType, 415, "This route does not read that media type."),
        [ErrorCode.MethodNotAllowed] = new(ProblemTypes.MethodNotAllowed, 405, "This route does not know that method."),
        [ErrorCode.Timeout] = new(ProblemTypes.Timeout, 408, "The request did not arrive in time."),
        [ErrorCode.Unauthenticated] = new(ProblemTypes.Unauthenticated, 401, "A signature or a token is needed."),
        [ErrorCode.SignatureInvalid] =
            new(ProblemTypes.SignatureInvalid, 401, "The request's signature does not hold."),
        [ErrorCode.ClockSkew] = new(ProblemTypes.ClockSkew, 401, "The signature's time is too far from the server's."),
        [ErrorCode.TokenInvalid] = new(ProblemTypes.TokenInvalid, 401, "The app token does not hold."),
        [ErrorCode.Revoked] = new(ProblemTypes.Revoked, 403, "The authority that signed was removed."),
        [ErrorCode.Forbidden] = new(ProblemTypes.Forbidden, 403, "The caller may not do this."),
        [ErrorCode.NotFound] = new(ProblemTypes.NotFound, 404, "There is nothing here."),
        [ErrorCode.StaleVersion] = new(ProblemTypes.StaleVersion, 409, "Another device was faster."),
        [ErrorCode.AccountExists] = new(ProblemTypes.AccountExists, 409, "This user has an account already."),
        [ErrorCode.Conflict] = new(ProblemTypes.Conflict, 409, "There is something else already."),
        [ErrorCode.LinkContested] =
            new(ProblemTypes.LinkContested, 409, "Two devices have claimed the session, so it was ended."),
        [ErrorCode.SlotExists] = new(ProblemTypes.SlotExists, 409, "The slot's id is taken."),
        [ErrorCode.Refused] = new(ProblemTypes.Refused, 422, "The request breaks a rule of the protocol."),
        [ErrorCode.LimitReached] = new(ProblemTypes.LimitReached, 422, "A limit of the account is used up."),
        [ErrorCode.QuotaReached] =
            new(ProblemTypes.QuotaReached, 422, "The app has used up the room that this server gives it."),
        [ErrorCode.YoungAuthority] = new(ProblemTypes.YoungAuthority, 403, "The authority is not trusted yet."),
        [ErrorCode.Suspended] =
            new(ProblemTypes.Suspended, 403, "The app's operators have suspended the account."),
        [ErrorCode.RepairRequired] =
            new(ProblemTypes.RepairRequired, 409, "The account lacks its newest link and needs a repair."),
        [ErrorCode.VaultLost] = new(ProblemTypes.VaultLost, 409, "The account's data are lost: upload the vault anew."),
        [ErrorCode.Erased] = new(ProblemTypes.Erased, 410, "The account was erased."),
        [ErrorCode.GuessWait] = new(ProblemTypes.GuessWait, 429, "The next guess is not due yet."),
        [ErrorCode.SlotPaused] = new(ProblemTypes.SlotPaused, 403, "A device has paused the passphrase."),
        [ErrorCode.SlotLocked] =
            new(ProblemTypes.SlotLocked, 410, "The guesses are used up, and the share of the key is destroyed."),
        [ErrorCode.RateLimited] = new(ProblemTypes.RateLimited, 429, "Too many requests."),
        [ErrorCode.Unavailable] = new(ProblemTypes.Unavailable, 503, "The server cannot answer now."),
        [ErrorCode.StorageFull] =
            new(ProblemTypes.StorageFull, 507, "The server has no room left; nothing is promised."),
        [ErrorCode.Internal] = new(ProblemTypes.Internal, 500, "The server failed."),
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
