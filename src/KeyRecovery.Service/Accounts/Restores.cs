using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// The newest restores of the two stores: a row of the server's own, in the key store. What it says of the data stands
/// in the data store once more.
/// </summary>
/// <param name="Data">The data store's; null where it never was restored.</param>
/// <param name="Keys">The key store's; null where it never was restored.</param>
public sealed record Restores(RestoreMark? Data, RestoreMark? Keys)
{
    private const string RowLabel = "restores";

    /// <summary>Where the row is.</summary>
    internal static RowKey Place { get; } = new(Table.Restores, "restores"u8.ToArray());

    /// <summary>Where the row is in the data store.</summary>
    internal static RowKey PlaceInData { get; } = new(Table.DataRestores, "restores"u8.ToArray());

    /// <summary>Before any restore.</summary>
    internal static Restores None { get; } = new(null, null);

    internal byte[] Encode()
    {
        var writer = new CborOut().Array(4).Text(RowLabel).UInt(1);
        RestoreMark.Write(writer, Data);
        RestoreMark.Write(writer, Keys);
        return writer.ToArray();
    }

    internal static Restores Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, 4);
        var decoded = new Restores(RestoreMark.Read(reader), RestoreMark.Read(reader));
        reader.End();
        return decoded;
    }
}
