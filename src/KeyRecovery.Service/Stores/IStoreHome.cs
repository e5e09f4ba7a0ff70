namespace KeyRecovery.Service.Stores;

/// <summary>
/// Where a server's two stores are. A <em>place</em> is the implementation's word for where one store is: a file's
/// path, or an account and a database.
/// </summary>
public interface IStoreHome
{
    /// <summary>
    /// Whether several processes may have the stores open at once, on several machines; else whoever opens them holds
    /// them exclusively.
    /// </summary>
    bool IsShared { get; }

    /// <summary>Where a store is, in words for an operator as well.</summary>
    string PlaceOf(StoreKind kind);

    /// <summary>
    /// Makes what is missing of two new stores, and takes older ones on to this program's schema. Harmless to repeat.
    /// Where one process at a time opens them, every step is a whole one.
    /// </summary>
    /// <param name="step">How far.</param>
    /// <param name="ct">Ends the wait for programs of before; the step is to be taken again.</param>
    /// <exception cref="StoreOpenException">As <see cref="OpenAsync"/>.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot be read or written.</exception>
    Task MigrateAsync(Migration step = Migration.Begin, CancellationToken ct = default);

    /// <summary>
    /// Opens both stores. Where there is neither, files are made; what costs money by the hour is not, and waits for
    /// <see cref="MigrateAsync"/>.
    /// </summary>
    /// <exception cref="StoreOpenException">
    /// Another process has them; one of the two is missing; they are no pair; one takes no program of this schema any
    /// more, or is not made for it yet; a restore was begun and has not ended; a move has left them, or fills them.
    /// Nothing was changed.
    /// </exception>
    /// <exception cref="StoreUnavailableException">A store cannot be read or written.</exception>
    Task<IStoreSet> OpenAsync();

    /// <summary>
    /// As <see cref="OpenAsync"/>, for whoever reads alone: also stores that a move has left. No row can be written,
    /// and stores to which a move has come do not count as opened.
    /// </summary>
    /// <exception cref="StoreOpenException">As <see cref="OpenAsync"/>, but for a move that has left them.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot be read.</exception>
    Task<IStoreSet> OpenToReadAsync();

    /// <summary>As <see cref="OpenAsync"/>, to end a restore: nobody else opens what one has begun.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    Task<IStoreSet> OpenRestoredAsync();
}
