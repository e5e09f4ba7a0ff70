using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Azure.Blobs;

/// <summary>
/// A container of Azure Blob Storage as several instances share it: small blobs that are put where there are none, or
/// replaced as they were read. Nothing is ever written without a condition. Safe for concurrent use.
/// </summary>
/// <param name="container">The container, which this server has for itself.</param>
public sealed class BlobPlace(BlobContainerClient container)
{
    /// <summary>The most bytes that a blob may have: 4 MiB.</summary>
    public const int MaxSize = 4 << 20;

    private const int Taken = 409;
    private const int Absent = 404;
    private const int ConditionFailed = 412;

    /// <summary>
    /// How the container is to be reached: each try waits for 10 s, and three more follow it, 0.2 to 2 s apart.
    /// </summary>
    public static BlobClientOptions Options() => new()
    {
        Retry =
        {
            Mode = RetryMode.Exponential, MaxRetries = 3, Delay = TimeSpan.FromSeconds(0.2),
            MaxDelay = TimeSpan.FromSeconds(2), NetworkTimeout = TimeSpan.FromSeconds(10),
        },
    };

    /// <summary>Makes the container where there is none; nobody reads it without a right to it.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be made, or not be asked for.</exception>
    public Task EnsureAsync(CancellationToken ct) =>
        GuardAsync(() => container.CreateIfNotExistsAsync(PublicAccessType.None, cancellationToken: ct), ct);

    /// <summary>A blob with its ETag; null where there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">The most bytes that are read of it, <see cref="MaxSize"/> at most.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="StoreUnavailableException">The container cannot answer, or is not there.</exception>
    public Task<BlobContent?> ReadAsync(string name, int limit, CancellationToken ct) => GuardAsync(async () =>
    {
        try
        {
            using var blob = (await container.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: ct)
                .ConfigureAwait(false)).Value;
            var tag = blob.Details.ETag;
            // As a condition it would be none.
            if (string.IsNullOrEmpty(tag.ToString()) || tag == ETag.All)
                throw new InvalidDataException("a blob came without its ETag");
            var buffer = new byte[Math.Min(limit, Math.Clamp(blob.Details.ContentLength, 0, MaxSize))];
            var length = await blob.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct)
                .ConfigureAwait(false);
            if (length < buffer.Length) throw new InvalidDataException("a blob is shorter than its length");
            return new BlobContent(buffer, tag);
        }
        catch (RequestFailedException e) when (e.Status == Absent && e.ErrorCode != BlobErrorCode.ContainerNotFound)
        {
            return null;
        }
    }, ct);

    /// <summary>
    /// Writes a blob where there is none. One of the same bytes is as good: it may be one's own, of which the answer
    /// was lost.
    /// </summary>
    /// <returns>False where there is one of other bytes, which stays.</returns>
    /// <exception cref="StoreUnavailableException">The container cannot answer; the blob may be written.</exception>
    public async Task<bool> PutNewAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct) =>
        await WriteAsync(name, content, null, ct).ConfigureAwait(false)
        || (await ReadAsync(name, MaxSize, ct).ConfigureAwait(false)
            ?? throw Fault(new InvalidDataException("a blob was there and is gone")))
            .Bytes.AsSpan().SequenceEqual(content.Span);

    /// <summary>Writes a blob in the place of the one that was read.</summary>
    /// <returns>False where it is another one by now, or where an answer was lost: to be read again.</returns>
    /// <exception cref="StoreUnavailableException">The container cannot answer; the blob may be written.</exception>
    public Task<bool> ReplaceAsync(
        string name, ReadOnlyMemory<byte> content, BlobContent? was, CancellationToken ct) =>
        WriteAsync(name, content, was, ct);

    /// <summary>The names that begin with <paramref name="prefix"/>.</summary>
    /// <exception cref="StoreUnavailableException">The container cannot answer.</exception>
    public async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        var names = container
            .GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, ct).GetAsyncEnumerator(ct);
        await using (names.ConfigureAwait(false))
        {
            while (await GuardAsync(() => names.MoveNextAsync().AsTask(), ct).ConfigureAwait(false))
            {
                if (!names.Current.Name.StartsWith(prefix, StringComparison.Ordinal))
                    throw Fault(new InvalidDataException("a name was listed that was not asked for"));
                yield return names.Current.Name;
            }
        }
    }

    /// <summary>Deletes a blob; nothing where there is none.</summary>
    /// <exception cref="StoreUnavailableException">The container cannot answer; the blob may be gone.</exception>
    public Task DeleteAsync(string name, CancellationToken ct) =>
        GuardAsync(() => container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: ct), ct);

    private Task<bool> WriteAsync(
        string name, ReadOnlyMemory<byte> content, BlobContent? was, CancellationToken ct) => GuardAsync(async () =>
    {
        var conditions = was is null
            ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = was.Tag };
        try
        {
            await container.GetBlobClient(name)
                .UploadAsync(new BinaryData(content), new BlobUploadOptions { Conditions = conditions }, ct)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == ConditionFailed
            || e.Status == Taken && e.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            return false;
        }
    }, ct);

    // The client's own exceptions are many, and those of credentials come on top: whatever it is, the place does not
    // answer.
    private async Task<T> GuardAsync<T>(Func<Task<T>> act, CancellationToken ct)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not StoreUnavailableException && !ct.IsCancellationRequested)
        {
            throw Fault(e);
        }
    }

    // An error's own message holds the whole answer.
    private StoreUnavailableException Fault(Exception cause) => new(
        StoreFault.Failed,
        $"the blob container {container.Uri} cannot be read or written: " + cause switch
        {
            RequestFailedException { ErrorCode: { } code } => code,
            RequestFailedException failed => $"status {failed.Status}",
            InvalidDataException wrong => wrong.Message,
            _ => cause.GetType().Name,
        },
        cause);
}
