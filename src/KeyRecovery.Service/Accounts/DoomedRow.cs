using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// A row with a seal of somebody who was removed. It goes before the removal is answered; whoever opens the account
/// next does that where the process died.
/// </summary>
/// <param name="Table">The table's number.</param>
/// <param name="Name">The row's name within the account.</param>
public readonly record struct DoomedRow(int Table, ReadOnlyMemory<byte> Name)
{
    private const int NameSize = 32;

    internal void Write(CborOut writer) => writer.Array(2).UInt((ulong)Table).Bytes(Name.Span);

    internal static DoomedRow Read(CborIn reader)
    {
        reader.Array(2);
        return new DoomedRow((int)reader.UInt(byte.MaxValue), reader.BytesView(1, NameSize));
    }
}
