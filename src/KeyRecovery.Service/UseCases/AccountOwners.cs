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
        if (owner == user) return true;
        if (owner.App != user.App || owner.Issuer != AppUser.Unknown) return false;

        // The name was lost with the data; the key store's lookup was not.
        var lookup = await context.Keys.ReadAsync(context.Lookups.Ids.Subject(user), ct);
        return lookup is not null && context.Lookups.Open(lookup) == state.Account;
    }
}
