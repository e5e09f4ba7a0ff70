using System.Diagnostics.CodeAnalysis;

namespace KeyRecovery.Service.Keys;

/// <summary>The KEKs of a server: the third place beside data and key store, and in no backup.</summary>
public interface IKekRing
{
    /// <summary>The KEK that wraps new subject keys. It was durable before it was first given out.</summary>
    Kek Current { get; }

    /// <summary>Finds a KEK that still exists; false for one that was destroyed or never was.</summary>
    bool TryGet(KekId id, [NotNullWhen(true)] out Kek? kek);
}
