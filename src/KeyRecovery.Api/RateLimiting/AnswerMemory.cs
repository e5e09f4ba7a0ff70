using KeyRecovery.Api.Auth;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>
/// The bytes of answers that are being written, by account. Whoever has to give way loses the connection.
/// </summary>
internal sealed class AnswerMemory
{
    private readonly SharedBytes _bytes = new(RequestLimits.AnswerBytes);

    /// <summary>Bytes that are held now.</summary>
    public long Held => _bytes.Held;

    /// <summary>Begins to count what the request's answer holds.</summary>
    public SharedBytes.Holding Begin(HttpContext context) => _bytes.Begin(OwnerOf(context), context.Abort);

    // What is not an account's is nobody's, and shares what strangers have.
    private static UInt128 OwnerOf(HttpContext context) =>
        context.Features.Get<SignedRequest>() is { } request ? Owner.Of(request.Account.State.Account) : 0;
}
