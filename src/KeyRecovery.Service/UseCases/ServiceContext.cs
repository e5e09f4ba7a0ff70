using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>What the use cases share.</summary>
internal sealed record ServiceContext(
    IDataStore Data, IKeyStore Keys, Lookups Lookups, SubjectKeys SubjectKeys, RealmShares Shares, IAppPolicies Policies,
    ILinkSessions Links, IRandom Random, TimeProvider Time)
{
    public ulong NowSeconds => (ulong)Time.GetUtcNow().ToUnixTimeSeconds();
}
