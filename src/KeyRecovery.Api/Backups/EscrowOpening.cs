using System.Collections.Immutable;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Backups;
using KeyRecovery.Storage.Files.Disk;

namespace KeyRecovery.Api.Backups;

/// <summary>Opens the escrow that an operator names with the offline key that the operator gives.</summary>
internal static class EscrowOpening
{
    private const int MaxBytes = 1 << 20;

    /// <summary>
    /// The KEKs, the one of the sealed key store first; null where no escrow was named. The caller disposes them.
    /// </summary>
    /// <exception cref="IOException">It is not the set's, or not sealed to that key.</exception>
    public static ImmutableArray<Kek>? TryOpen(RestoreArguments arguments, BackupSet set)
    {
        if (arguments is not { Escrow: { } path, OfflineKey: { } source }) return null;
        var escrow = Read(path);
        if (escrow.Set != set.Id) throw new IOException($"{path} is the escrow of another set, {escrow.Set}");
        if (escrow.ExpiresAt != set.ExpiresAt) throw new IOException($"{path} and the set do not say the same");
        var text = source == "-" ? Console.In.ReadLine() ?? "" : File.ReadAllText(source);
        using var key = OfflineKey.ReadPrivate(text, source == "-" ? "standard input" : source);
        return escrow.TryOpen(key) ?? throw new IOException(
            key.PublicKey.Hash == escrow.Recipient
                ? $"{path} is damaged" : "this is not the offline key that the set was sealed to");
    }

    private static Escrow Read(string path)
    {
        try
        {
            if (PlainFile.LengthOf(path) is null or 0 or > MaxBytes) throw new IOException($"{path} is no escrow");
            return Escrow.Decode(File.ReadAllBytes(path));
        }
        catch (WireFormatException e)
        {
            throw new IOException($"{path} is no escrow", e);
        }
    }
}
