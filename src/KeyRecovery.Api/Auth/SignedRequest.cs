using KeyRecovery.Service.Gate;

namespace KeyRecovery.Api.Auth;

/// <summary>
/// A request whose signature holds, with the account that it opens, and then the body that was signed.
/// </summary>
/// <param name="account">The account; disposed with this object.</param>
/// <param name="hash">The body's hash, which is the signed one.</param>
/// <param name="pass">Passes the gate again.</param>
internal sealed class SignedRequest(
    OpenAccount account, Hash256 hash, Func<CancellationToken, ValueTask<GateResult>> pass) : IDisposable
{
    /// <summary>The account as the gate found it last.</summary>
    public OpenAccount Account { get; private set; } = account;

    /// <summary>The whole body; empty until it was read.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>SHA-256 of the body.</summary>
    public Hash256 Hash => hash;

    /// <summary>Gives handlers of routes marked <see cref="Signed"/> their parameter.</summary>
    public static ValueTask<SignedRequest?> BindAsync(HttpContext context) =>
        new(context.Features.Get<SignedRequest>());

    /// <summary>Reads the account anew; what the gate says when it no longer lets the signer in.</summary>
    public async ValueTask<GateResult.Shut?> PassAgainAsync(CancellationToken ct)
    {
        var result = await pass(ct);
        if (result is GateResult.Shut shut) return shut;
        Account.Dispose();
        Account = ((GateResult.Open)result).Account;
        return null;
    }

    public void Dispose() => Account.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Body.Length} bytes";
}
