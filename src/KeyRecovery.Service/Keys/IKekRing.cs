using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Service.Keys;

/// <summary>
/// The KEKs of a server: the third place beside data and key store, and in no backup. Each goes next → current →
/// retiring → destroyed and never back. A change is durable before it takes effect here; one that is refused has taken
/// none, and may be asked for again. Reading waits for nobody. Where several instances share a ring, each knows it as
/// it was when it last looked; one that could not look for too long has no keys, and throws.
/// </summary>
public interface IKekRing
{
    /// <summary>The KEK that wraps what is new. To wrap, take a <see cref="Wrap"/> lease.</summary>
    /// <exception cref="Stores.StoreUnavailableException">This instance has not seen the ring for too long.</exception>
    Kek Current { get; }

    /// <summary>Every KEK that ever was, ascending by id, the destroyed ones as well.</summary>
    ImmutableArray<KekStanding> Standings { get; }

    /// <summary>Finds a KEK that still exists; false for one that was destroyed or never was.</summary>
    /// <exception cref="Stores.StoreUnavailableException">This instance has not seen the ring for too long.</exception>
    bool TryGet(KekId id, [NotNullWhen(true)] out Kek? kek);

    /// <summary>
    /// Gives the current KEK for a wrap. To be held until what was wrapped is written, or was refused, and was seen to
    /// hang on the KEK that is current then (<see cref="RefreshAsync"/>): other instances wait for nobody.
    /// </summary>
    /// <exception cref="Stores.StoreUnavailableException">This instance has not seen the ring for too long.</exception>
    KekLease Wrap();

    /// <summary>
    /// Looks how the ring is now; at once where all instances are this one. Afterwards the standings are those of a
    /// moment after the call.
    /// </summary>
    /// <exception cref="Stores.StoreUnavailableException">The ring cannot be read.</exception>
    ValueTask RefreshAsync(CancellationToken ct);

    /// <summary>
    /// Completes when nobody wraps under <paramref name="id"/> any more on this instance. What others have on its way
    /// they move on themselves.
    /// </summary>
    /// <param name="id">A KEK that is not current: of one that is, leases may be taken for ever.</param>
    /// <param name="ct">Ends the wait.</param>
    Task DrainAsync(KekId id, CancellationToken ct);

    /// <summary>Draws a KEK that will be the next; done as well where there is one already.</summary>
    ValueTask<RingResult> AddNextAsync(CancellationToken ct);

    /// <summary>Makes the next KEK the current one, and the current one retiring.</summary>
    /// <exception cref="InvalidOperationException">There is no next one.</exception>
    ValueTask<RingResult> PromoteAsync(CancellationToken ct);

    /// <summary>
    /// Destroys a retiring KEK, which no row may need any more, and proves that the ring does not hold it; done as well
    /// where it is destroyed already. The caller turns a refusal into an alarm: nothing counts as destroyed then.
    /// </summary>
    /// <exception cref="InvalidOperationException">The KEK is not retiring, or somebody still wraps under
    /// it.</exception>
    ValueTask<RingResult> DestroyAsync(KekId id, CancellationToken ct);
}
