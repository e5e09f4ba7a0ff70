using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>Which restore of a store it was, and when.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Time">In seconds since 1970: later than every head that was signed before it.</param>
public readonly record struct RestoreMark(RestoreId Id, ulong Time)
{
    /// <summary>
    /// Whether it came later. Compared by time and not by id: a key store that was restored alone may know less of its
    /// data's restores than their rows do.
    /// </summary>
    internal bool IsNewerThan(RestoreMark? other) => other is not { } known || known.Time < Time;

    internal static void Write(CborOut writer, RestoreMark? mark)
    {
        if (mark is { } m) writer.Array(2).Bytes(m.Id.ToArray()).UInt(m.Time);
        else writer.Array(0);
    }

    internal static RestoreMark? Read(CborIn reader) =>
        reader.Array(0, 2) == 0 ? null : new RestoreMark(new RestoreId(reader.BytesView(16, 16).Span), reader.UInt());
}
