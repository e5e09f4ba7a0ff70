using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Log;

/// <summary>
/// The third place of the log: tiles, entry bundles and the published checkpoint, apart from both stores, so that no
/// restore of these takes it back. Names are the paths of tlog-tiles, <c>tile/0/000</c> for example. Safe for
/// concurrent use.
/// </summary>
public interface ILogFiles : ILogSource
{
    /// <summary>Writes files where there are none of that name, durable on return: what is there stays.</summary>
    /// <returns>The name of one that is there with other bytes, or null. What else there is was written all the
    /// same.</returns>
    /// <exception cref="StoreUnavailableException">They cannot be written; some may be.</exception>
    ValueTask<string?> PutAsync(IReadOnlyList<LogFile> files, CancellationToken ct);

    /// <summary>Deletes the partial forms of a tile or bundle that is there in full.</summary>
    /// <param name="name">The full one's.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">They cannot be deleted; some may be.</exception>
    ValueTask DropPartsAsync(string name, CancellationToken ct);

    /// <summary>Puts all that is there beside it, where it is kept: the next log begins with nothing.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be done.</exception>
    ValueTask RetireAsync(CancellationToken ct);

    /// <summary>The published checkpoint, a signed note; null before the first.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    ValueTask<byte[]?> CheckpointAsync(CancellationToken ct);

    /// <summary>
    /// Publishes a checkpoint in the place of the one before, whole or not at all, durable on return.
    /// </summary>
    /// <param name="note">The new one.</param>
    /// <param name="follows">Whether it may take that one's place; asked while nobody else publishes.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Whether it is published.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be written.</exception>
    ValueTask<bool> PublishAsync(ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct);

    /// <summary>
    /// The newest checkpoint that was signed, where it is published only with cosignatures; null where none was kept.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    ValueTask<byte[]?> SignedAsync(CancellationToken ct);

    /// <summary>As <see cref="PublishAsync"/>, of that one: it is kept before any witness sees it.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be written.</exception>
    ValueTask<bool> KeepSignedAsync(ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct);
}
