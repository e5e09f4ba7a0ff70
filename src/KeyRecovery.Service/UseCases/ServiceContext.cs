using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.UseCases;

/// <summary>What the use cases share.</summary>
internal sealed record ServiceContext(
    IDataStore Data, IKeyStore Keys, TableRegistry Tables, Lookups Lookups, SubjectKeys SubjectKeys,
    IAppPolicies Policies, ILinkSessions Links, SigningKey AuditKey, IRandom Random, ServerClock Clock)
{
    public AccountDoor Door { get; } = new(Data, Keys, Lookups, SubjectKeys);

    public Turns Turns { get; } = new();

    /// <summary>Signs the head that an account row is to have (docs/protocol.md §7).</summary>
    public SignedHead SignHead(AccountState state) => SignedHead.Sign(
        new AccountHead(
            state.Account, state.Chain, new ManifestPlace(state.ManifestVersion, state.ManifestHash),
            state.ManifestTrail, Now.Wall),
        AuditKey);

    /// <summary>What the server's clock says.</summary>
    public Moment Now => Clock.Now;
}
