using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Linking;

/// <summary>Sessions as the account's other use cases see them.</summary>
public interface ILinkSessions
{
    /// <summary>Ends every session that an authority has opened, because it was removed.</summary>
    /// <param name="account">The account.</param>
    /// <param name="authority">Who was removed.</param>
    void EndSessionsOf(AccountId account, AuthorityId authority);
}
