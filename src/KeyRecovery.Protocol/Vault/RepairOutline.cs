using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A repair as far as it must be read to know who sends it, and for which account. Whoever sends one chooses its bytes
/// and has proved nothing, and a body has room for 25,000 keys: so it is passed over once, and only the key that is
/// asked for is checked to be one. <see cref="Decode"/> reads the rest.
/// </summary>
public sealed class RepairOutline
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ImmutableArray<ReadOnlyMemory<byte>> _links;

    private RepairOutline(ReadOnlyMemory<byte> body, ImmutableArray<ReadOnlyMemory<byte>> links) =>
        (_body, _links) = (body, links);

    /// <summary>Finds the parts of a repair.</summary>
    /// <exception cref="WireFormatException">Not a repair.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RepairOutline Read(ReadOnlyMemory<byte> body)
    {
        return new RepairOutline(body, RepairBundle.ReadParts(body).Links);
    }

    /// <summary>The key that the first link which adds the device or slot gives it; null where none does.</summary>
    /// <exception cref="WireFormatException">A link before it is none, or its key is none.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public VerifyKey? Find(AuthorityId id)
    {
        foreach (var link in _links)
            if (ChainLinkOutline.Read(link).Find(id) is { } authority) return authority.ReadKey();
        return null;
    }

    /// <summary>
    /// Whether link 0 begins this account, in one of these apps: which one. Nobody can make up such a link.
    /// </summary>
    /// <exception cref="WireFormatException">Link 0 is none, or its signer's key is none.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public string? FindApp(IEnumerable<string> apps, AccountId account)
    {
        var beginning = ChainLinkOutline.Read(_links[0]);
        if (beginning.Find(beginning.Signer) is not { } device) return null;
        var key = device.ReadKey();
        return apps.FirstOrDefault(
            app => AccountIds.Derive(app, key, device.KemKeyHash, beginning.Previous) == account);
    }

    /// <summary>Reads the whole repair.</summary>
    /// <exception cref="WireFormatException">A part is malformed.</exception>
    /// <exception cref="UpgradeRequiredException">A version or kind that this program does not know.</exception>
    public RepairBundle Decode() => RepairBundle.Decode(_body);

    /// <inheritdoc/>
    public override string ToString() => $"{_body.Length} bytes";
}
