namespace KeyRecovery.Service.Stores;

/// <summary>A set whose data store can be copied into a file: what a backup set carries.</summary>
public interface ICopiedData
{
    /// <summary>About how many bytes the data store has: a copy of it has no more.</summary>
    long DataBytes { get; }

    /// <summary>
    /// Copies the data store as it is at one moment into a new file, beside all that is going on. An erasure waits for
    /// the end of it.
    /// </summary>
    /// <param name="path">The file, made with mode 0600; durable on return.</param>
    /// <param name="ct">Cancels; what is there of the file then is of no use.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read, or the copy not be written.</exception>
    Task CopyDataAsync(string path, CancellationToken ct);
}
