using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>Sessions as the account's other use cases see them.</summary>
public interface ILinkSessions
{
    /// <summary>
    /// Ends every session that an authority has opened, because it was removed. Comes behind a commit point: whatever
    /// cannot be ended does not fail the call, and expires by itself.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="authority">Who was removed.</param>
    ValueTask EndSessionsOfAsync(AccountId account, AuthorityId authority);

    /// <summary>
    /// Ends every session of an account whose key is destroyed: on return nothing of them is left, and whatever a
    /// request that passed the gate before writes behind it goes again.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The store cannot do it.</exception>
    ValueTask ForgetAsync(AccountId account, CancellationToken ct);
}
