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
    /// <param name="context">The request.</param>
    /// <param name="account">Whose it is; null where it is nobody's, and shares what strangers have.</param>
    public SharedBytes.Holding Begin(HttpContext context, AccountId? account) =>
        _bytes.Begin(account is { } whose ? Owner.Of(whose) : 0, context.Abort);
}
