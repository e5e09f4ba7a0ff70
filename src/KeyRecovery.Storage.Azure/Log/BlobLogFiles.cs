using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Blobs;

namespace KeyRecovery.Storage.Azure.Log;

/// <summary>
/// The log's tiles, entry bundles and checkpoint as blobs: <c>log/1/tile/0/000</c> for example. The blob <c>log/now</c>
/// holds the number, in decimal, and a line feed; without it the number is 1. A log that is retired stays where it is,
/// and the next one has the next number.
/// </summary>
/// <param name="place">The container.</param>
public sealed class BlobLogFiles(BlobPlace place) : ILogFiles
{
    private const string Root = "log/";
    private const string Now = Root + "now";
    private const string Checkpoint = "checkpoint";
    private const string Signed = "signed";
    private const string Parts = ".p/";
    private const int AtOnce = 8;
    private const int MaxNumberSize = 12;

    // Of many instances that publish at once, all but one read again; each time one of them is done.
    private const int Attempts = 64;

    private volatile NumberRead? _read;

    /// <inheritdoc/>
    public async ValueTask<string?> PutAsync(IReadOnlyList<LogFile> files, CancellationToken ct)
    {
        var folder = await FolderAsync(ct).ConfigureAwait(false);
        string? other = null;
        await Parallel.ForEachAsync(files, Limit(ct), async (file, stop) =>
        {
            if (!await place.PutNewAsync(folder + file.Name, file.Content, stop).ConfigureAwait(false))
                Interlocked.CompareExchange(ref other, file.Name, null);
        }).ConfigureAwait(false);
        return other;
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]?> GetAsync(string name, CancellationToken ct)
    {
        // The sequencer looks at it with each pass.
        var number = _read ?? await ReadNumberAsync(ct).ConfigureAwait(false);
        return (await place.ReadAsync(FolderOf(number.Value) + name, LogReader.MaxFile + 1, ct).ConfigureAwait(false))
            ?.Bytes;
    }

    /// <inheritdoc/>
    public async ValueTask DropPartsAsync(string name, CancellationToken ct)
    {
        var parts = place.ListAsync(await FolderAsync(ct).ConfigureAwait(false) + name + Parts, ct);
        await Parallel.ForEachAsync(parts, Limit(ct), async (part, stop) =>
            await place.DeleteAsync(part, stop).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask RetireAsync(CancellationToken ct)
    {
        var known = _read?.Value;
        var now = await ReadNumberAsync(ct).ConfigureAwait(false);
        // What this instance found wrong is retired already.
        if (known is not null && known != now.Value) return;
        var next = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{now.Value + 1}\n"));
        if (!await place.ReplaceAsync(Now, next, now.Blob, ct).ConfigureAwait(false)
            && (await ReadNumberAsync(ct).ConfigureAwait(false)).Value == now.Value)
            throw new StoreUnavailableException(StoreFault.Failed, "the log's blobs cannot be retired");
        await ReadNumberAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> CheckpointAsync(CancellationToken ct) => GetAsync(Checkpoint, ct);

    /// <inheritdoc/>
    public ValueTask<byte[]?> SignedAsync(CancellationToken ct) => GetAsync(Signed, ct);

    /// <inheritdoc/>
    public ValueTask<bool> PublishAsync(
        ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
        ReplaceAsync(Checkpoint, note, follows, ct);

    /// <inheritdoc/>
    public ValueTask<bool> KeepSignedAsync(
        ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct) =>
        ReplaceAsync(Signed, note, follows, ct);

    private async ValueTask<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> note, Func<byte[]?, bool> follows, CancellationToken ct)
    {
        var path = await FolderAsync(ct).ConfigureAwait(false) + name;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var was = await place.ReadAsync(path, BlobPlace.MaxSize, ct).ConfigureAwait(false);
            // One's own, of which the answer was lost.
            if (attempt > 0 && was is not null && was.Bytes.AsSpan().SequenceEqual(note.Span)) return true;
            if (!follows(was?.Bytes)) return false;
            if (await place.ReplaceAsync(path, note, was, ct).ConfigureAwait(false)) return true;
        }

        throw new StoreUnavailableException(StoreFault.Busy, "the log's checkpoint keeps changing");
    }

    private async ValueTask<string> FolderAsync(CancellationToken ct) =>
        FolderOf((await ReadNumberAsync(ct).ConfigureAwait(false)).Value);

    private async ValueTask<NumberRead> ReadNumberAsync(CancellationToken ct)
    {
        var blob = await place.ReadAsync(Now, MaxNumberSize, ct).ConfigureAwait(false);
        var number = 1;
        if (blob is not null && !(blob.Bytes is [.. var digits, (byte)'\n']
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 1))
            throw new StoreUnavailableException(StoreFault.Failed, $"the blob {Now} holds no number");
        return _read = new NumberRead(number, blob);
    }

    private static string FolderOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Root}{number}/");

    private static ParallelOptions Limit(CancellationToken ct) =>
        new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };

    private sealed record NumberRead(int Value, BlobContent? Blob);
}
