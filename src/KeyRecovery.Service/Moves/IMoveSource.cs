using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Moves;

/// <summary>Stores that a move can leave: one process holds them, so it can be sure that nobody writes them.</summary>
public interface IMoveSource : IStoreHome
{
    /// <summary>Opens both stores, also those that a move has left already, and holds them exclusively.</summary>
    /// <exception cref="StoreOpenException">As <see cref="IStoreHome.OpenAsync"/>, but for the move.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot be read.</exception>
    Task<IDeparture> OpenToLeaveAsync();
}
