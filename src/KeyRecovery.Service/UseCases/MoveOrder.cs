using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Service.UseCases;

/// <summary>Whose an account is to be.</summary>
/// <param name="App">Its app: an account of another one is none.</param>
/// <param name="Issuer">The name of the issuer from now on.</param>
/// <param name="Subject">The subject from now on; null for the one that it has.</param>
internal sealed record MoveOrder(string App, string Issuer, string? Subject)
{
    /// <summary>Whose it is now, or was before this very move; null where the account's id says enough.</summary>
    public AppUser? Whose { get; init; }

    /// <summary>Whether nothing is written, and told what would come of it.</summary>
    public bool IsDry { get; init; }
}
