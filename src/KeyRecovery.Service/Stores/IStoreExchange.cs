namespace KeyRecovery.Service.Stores;

/// <summary>
/// Puts a restored store in the place of one, and what was there beside it, where it can be put back from. Each step
/// may be done again.
/// </summary>
public interface IStoreExchange
{
    /// <summary>The store's place.</summary>
    string Place { get; }

    /// <summary>Where the new store is made.</summary>
    string Incoming { get; }

    /// <summary>Where the old store goes.</summary>
    string Replaced { get; }

    /// <summary>Whether there is an old store, or something of it.</summary>
    bool Replaces { get; }

    /// <summary>Whether an old store is kept already where this one would go.</summary>
    bool HasReplaced { get; }

    /// <summary>Takes away what a restore that ended too early has left.</summary>
    void Clear();

    /// <summary>Makes the new data store of a set's file, which is read to its end; durable on return.</summary>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    Task CopyAsync(Stream from, CancellationToken ct);

    /// <summary>Exchanges; nothing where that is done already, and the rest where a crash cut it short.</summary>
    void Run();
}
