using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Restore;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Ring;

namespace KeyRecovery.Api.Backups;

/// <summary>
/// Makes a key store of a set's sealed one: under today's root key and ring, which are made where they were lost as
/// well.
/// </summary>
internal sealed class RestoreKeys(
    KeyRecoveryOptions options, RestoreArguments arguments, BackupFolder folder, BackupSet set)
{
    /// <summary>Accounts whose key was not among those that were escrowed.</summary>
    public int Lost { get; private set; }

    /// <summary>Passphrase slots that are locked now.</summary>
    public int Locked { get; private set; }

    /// <summary>Writes the new store.</summary>
    /// <param name="openRing">Opens the ring; may make one, whose first KEK has the id that is given.</param>
    /// <param name="write">Takes the rows.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="IOException">The escrow or the offline key is not the set's.</exception>
    public async Task WriteAsync(
        Func<IRootKey, bool, uint, Task<IKekRing>> openRing, Func<IAsyncEnumerable<Row>, Task> write,
        CancellationToken ct)
    {
        var escrowed = EscrowOpening.TryOpen(arguments, set);
        // That of a vault goes with the key store, where its standings were.
        var hasRing = options.Ring.KeyVault is null
            && File.Exists(Path.Combine(options.Directories.Ring, FileKekRing.FileName));
        if (escrowed is null && !hasRing)
            throw new IOException("the ring is lost as well: the set's --escrow and the --offline-key are needed");
        var root = await RootKeys.OpenAsync(options, SystemRandom.Instance, !hasRing);
        using var disposed = (IDisposable)root;
        // After all that were lost: a receipt that names one of them must not mean another.
        var first = escrowed is { } known ? known.Max(kek => kek.Id.Value) + 1 : 1;
        var ring = await openRing(root, !hasRing, first);
        using var closed = (IDisposable)ring;
        var keks = escrowed ?? SnapshotImport.Find(OpenSealed, set, ring)
            ?? throw new IOException(
                "the ring no longer has the KEK of this set: its --escrow and the --offline-key are needed");
        try
        {
            var import = new SnapshotImport(keks, ring, root, SystemRandom.Instance);
            await using var from = OpenSealed();
            await write(import.ReadAsync(from, set, ct));
            from.End();
            (Lost, Locked) = (import.Lost, import.Locked);
        }
        catch (WireFormatException e)
        {
            throw new IOException($"{folder.KeysFile} cannot be read: {e.Message}", e);
        }
        finally
        {
            if (escrowed is { } mine) foreach (var kek in mine) kek.Dispose();
        }
    }

    private SetFileStream OpenSealed() => folder.OpenKeys(set);
}
