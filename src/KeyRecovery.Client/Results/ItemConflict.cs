namespace KeyRecovery;

/// <summary>
/// An item that two devices changed. The app, or its user, decides; a put after this one replaces theirs.
/// </summary>
/// <param name="Name">The item's name.</param>
/// <param name="Mine">What this device wanted to store; null to remove.</param>
/// <param name="Theirs">What the other device stored; null where it removed the item.</param>
/// <param name="TheirVersion">The version of theirs; 0 where it removed the item.</param>
public sealed record ItemConflict(
    string Name, ReadOnlyMemory<byte>? Mine, ReadOnlyMemory<byte>? Theirs, ulong TheirVersion)
{
    /// <summary>Never the contents.</summary>
    public override string ToString() => $"conflict on {Name}";
}
