using KeyRecovery.Service.Keys;

namespace KeyRecovery.Storage.Files.Ring;

/// <summary>One line of the ring's file. What is destroyed keeps its id and the hour, and has no key.</summary>
internal sealed record KekEntry(KekId Id, KekState State, long SinceHour, SecretBytes? Key)
{
    public override string ToString() => $"KEK {Id.Value} ({State})";
}
