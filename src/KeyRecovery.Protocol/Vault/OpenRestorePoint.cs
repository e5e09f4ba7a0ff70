using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Vault;

/// <summary>A restore point whose epoch key the reader holds.</summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class OpenRestorePoint : IDisposable
{
    private OpenRestorePoint(RestorePoint point, EpochKeys keys, ManifestPrivate? opened)
    {
        Point = point;
        Keys = keys;
        Content = new OpenManifest(point.Manifest, opened);
    }

    /// <summary>What was told and checked.</summary>
    public RestorePoint Point { get; }

    /// <summary>The key of its epoch, which is sound, and those on its path.</summary>
    public EpochKeys Keys { get; }

    /// <summary>
    /// Its manifest and, where that opens, its sealed part; where it does not, names stand in the items.
    /// </summary>
    public OpenManifest Content { get; }

    /// <summary>Checks a version that the point's manifest or its list names, and opens it with its name.</summary>
    /// <returns>The item and no fault, or null and why.</returns>
    public (OpenedItem? Item, ProtocolFault Fault) OpenItem(ManifestItem entry, ReadOnlySpan<byte> sealedItem)
    {
        if (entry.Check(Point.Manifest.Manifest.Account, sealedItem) is var fault and not ProtocolFault.None)
            return (null, fault);
        if (Keys.Find(entry.Epoch) is not { } key) return (null, ProtocolFault.EpochCommit);
        var item = SealedItem.Open(key, sealedItem);
        return (item, item is null ? ProtocolFault.ItemSeal : ProtocolFault.None);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Keys.Dispose();
        Content.Private?.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => Redacted.Text;

    internal static (OpenRestorePoint? Point, ProtocolFault Fault) Open(RestorePoint point, EpochKeys keys)
    {
        OpenRestorePoint? open = null;
        try
        {
            if (keys.FindUnsound() is not null) return (null, ProtocolFault.UnsoundEpoch);
            open = new OpenRestorePoint(point, keys, ManifestPrivate.Open(keys.Current, point.Manifest.Manifest));
            return (open, ProtocolFault.None);
        }
        finally
        {
            if (open is null) keys.Dispose();
        }
    }
}
