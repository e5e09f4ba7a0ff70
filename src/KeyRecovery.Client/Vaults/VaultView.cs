using KeyRecovery.Client.Devices;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>What a reader holds of an account, also of one that does not open any more.</summary>
/// <param name="Api">Asks the server.</param>
/// <param name="Keys">Who reads, and opens seals.</param>
/// <param name="Newest">The newest vault that was verified; it need not open.</param>
/// <param name="Good">The newest one that opened, or null: the same, or one from before.</param>
internal sealed record VaultView(VaultApi Api, DeviceKeys Keys, VerifiedVault Newest, OpenVault? Good)
{
    /// <summary>The home server's audit keys.</summary>
    public IReadOnlyList<VerifyKey> HomeKeys { get; init; } = [];

    /// <summary>Whether the newest vault opens.</summary>
    public bool IsOpen => Good?.Vault == Newest;

    /// <summary>Who made the newest vault so that it does not open; null where it does.</summary>
    public SpoiledVault? Spoiled => IsOpen ? null : Newest.FindSpoiler(Keys.Id, Keys.Kem);

    /// <summary>Why nothing can be built on the newest vault, where it does not open.</summary>
    public ClientFailure ClosedBy => Spoiled is { } spoiled
        ? new ClientFailure.Spoiled(spoiled.By, NameOf(spoiled.By), spoiled.Fault)
        : new ClientFailure.ServerLied(ProtocolFault.OwnSeal);

    /// <summary>The name that was told for an authority last, or an empty one.</summary>
    public string NameOf(AuthorityId id) => Good?.Private.Authorities.FirstOrDefault(n => n.Id == id)?.Name ?? "";

    /// <summary>
    /// The keys of the newest sound epoch that the reader can open: of now, of the newest vault that opened, or of a
    /// point. The caller disposes of them.
    /// </summary>
    public EpochKeys? FindKeys(EpochKeys? ofPoint)
    {
        if (Newest.OpenKeys(Keys.Id, Keys.Kem).Keys is { } now) return now;
        // What a restore lost may have newer epochs than there are: only those count that the chain has.
        var (good, point) = (Good?.Keys.On(Newest.Chain), ofPoint?.On(Newest.Chain));
        var isOlder = good is null || good.Current.Epoch < point?.Current.Epoch;
        (isOlder ? good : point)?.Dispose();
        return isOlder ? point : good;
    }
}
