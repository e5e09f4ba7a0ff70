using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// How each structure of docs/protocol.md §14 begins: its label and version 1, which is the only one.
/// </summary>
internal static class RealmBody
{
    /// <summary>A reader behind label and version.</summary>
    /// <param name="bytes">The structure.</param>
    /// <param name="elements">How many it has, label and version included.</param>
    /// <param name="label">Its label.</param>
    /// <exception cref="WireFormatException">It begins otherwise.</exception>
    /// <exception cref="UpgradeRequiredException">It has another version.</exception>
    public static CborIn Open(ReadOnlyMemory<byte> bytes, int elements, string label)
    {
        var reader = new CborIn(bytes);
        reader.Structure(label, elements);
        return reader;
    }
}
