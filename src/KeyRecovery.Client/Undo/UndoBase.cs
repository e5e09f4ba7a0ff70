using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Undo;

/// <summary>The state to which is returned, open.</summary>
[DebuggerDisplay("[redacted]")]
internal sealed class UndoBase : IDisposable
{
    private readonly OpenRestorePoint? _point;

    private UndoBase(OpenManifest content, EpochKeys keys, OpenRestorePoint? point) =>
        (Content, Keys, _point) = (content, keys, point);

    /// <summary>Its manifest, with the sealed part where that opens.</summary>
    public OpenManifest Content { get; }

    /// <summary>The key of its epoch and those on its path.</summary>
    public EpochKeys Keys { get; }

    /// <summary>Later versions that the point names.</summary>
    public ImmutableArray<ManifestItem> Named => _point?.Point.Named ?? [];

    /// <summary>Whether the commit has to bring it: the server need not have what a device keeps.</summary>
    public bool IsBrought => _point is null;

    /// <summary>What a device keeps; still the caller's to dispose of.</summary>
    public static UndoBase OfKept(OpenVault kept) =>
        new(new OpenManifest(kept.Vault.Manifest, kept.Private), kept.Keys, null);

    public static UndoBase Of(OpenRestorePoint point) => new(point.Content, point.Keys, point);

    /// <inheritdoc/>
    public void Dispose() => _point?.Dispose();

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";
}
