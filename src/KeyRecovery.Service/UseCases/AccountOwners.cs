using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Gate;

namespace KeyRecovery.Service.UseCases;

/// <summary>Whose an account is, for apps whose policy asks for their token beside a slot's signature.</summary>
public sealed class AccountOwners
{
    private readonly ServiceContext _context;

    internal AccountOwners(ServiceContext context) => _context = context;

    /// <summary>
    /// Whether the app asks for its token with a signature of this signer: a slot's, never a device's.
    /// </summary>
    public bool IsTokenNeeded(OpenAccount account) =>
        account.Actor.IsSlot && _context.Policies.Of(account.State.User.App).CodeNeedsToken;

    /// <summary>Whether the account is that user's.</summary>
    public ValueTask<bool> IsOwnerAsync(OpenAccount account, AppUser user, CancellationToken ct) =>
        IsOwnerAsync(_context, account.State, user, ct);

    /// <summary>Whether the account of that state is that user's.</summary>
    internal static async ValueTask<bool> IsOwnerAsync(
        ServiceContext context, AccountState state, AppUser user, CancellationToken ct)
    {
        var owner = state.User;
        if (owner.App != user.App) return false;
        if (context.Names.AreOne(owner, user)) return true;
        if (await context.Names.FindAsync(user, ct) is not { } lookup
            || context.Lookups.Open(lookup) != state.Account) return false;
        // The name was lost with the data, or these are from before a move: the key store's lookup counts. Not beside
        // the owner's own, or whoever has shown this beginning and lost would own it too.
        return owner.Issuer == AppUser.Unknown
            || await context.Names.FindAsync(owner, ct) is not { } own || context.Lookups.Open(own) != state.Account;
    }
}
