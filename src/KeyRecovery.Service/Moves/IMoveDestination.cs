using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>Stores that a move can fill.</summary>
public interface IMoveDestination : IStoreHome
{
    /// <summary>Looks at what is there, and changes nothing.</summary>
    /// <exception cref="StoreOpenException">The places are not fit for stores.</exception>
    /// <exception cref="StoreUnavailableException">They cannot be read.</exception>
    Task<IArrival> OpenToFillAsync();
}
