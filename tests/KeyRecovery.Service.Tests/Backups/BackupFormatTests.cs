using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Backups;
using KeyRecovery.Service.Keys;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Backups;

/// <summary>
/// The formats of docs/protocol.md §16 are what they were: the file beside this one holds a set that was written once.
/// With <c>KEYRECOVERY_WRITE_GOLDEN=1</c> it is written where it is missing.
/// </summary>
public sealed class BackupFormatTests
{
    private static readonly byte[] PairId = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    private static readonly byte[] KekKey = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];
    private static readonly byte[] Seed = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];
    private static readonly BackupSetId Set = new([.. Enumerable.Range(200, 16).Select(i => (byte)i)]);

    [Fact]
    public void What_is_written_today_is_what_was_frozen()
    {
        var golden = Golden();
        Assert.Equal(golden["signed"]!.GetValue<string>(), Convert.ToHexStringLower(Signed()));
        Assert.Equal(golden["keysSealed"]!.GetValue<string>(), Convert.ToHexStringLower(Sealed()));
        Assert.Equal(golden["escrow"]!.GetValue<string>(), Convert.ToHexStringLower(Escrowed()));
    }

    [Fact]
    public void What_was_frozen_reads_as_what_it_was_made_of()
    {
        var golden = Golden();
        var set = BackupSet.Decode(Bytes("signed"), out var isSignedBy);
        using var audit = SigningKey.FromSeed(Seed);
        Assert.True(isSignedBy(audit.PublicKey));
        Assert.Equal((Set, 1_780_000_000UL, 1_782_592_000UL, 3U), (set.Id, set.MadeAt, set.ExpiresAt, set.Kek));
        Assert.Equal(PairId, set.PairId.ToArray());

        using var offline = KemPrivateKey.FromSeed(Seed);
        var kek = Assert.Single(Escrow.Decode(Bytes("escrow")).TryOpen(offline)!.Value);
        Assert.Equal(new KekId(3), kek.Id);
        Assert.Equal(KekKey, kek.Key.Span.ToArray());

        using var reader = new SealedReader(new MemoryStream(Bytes("keysSealed")), kek.Key, set.Id);
        Assert.Equal(
            ["First", "Secret", "Stored", "Last"],
            Enumerable.Range(0, 4).Select(_ => SnapshotRecord.Decode(reader.Read()).GetType().Name));
        reader.End();

        byte[] Bytes(string name) => Convert.FromHexString(golden[name]!.GetValue<string>());
    }

    [Fact]
    public void A_description_with_any_bit_changed_is_none_or_not_signed()
    {
        var signed = Signed();
        using var audit = SigningKey.FromSeed(Seed);
        for (var bit = 0; bit < signed.Length * 8; bit++)
        {
            var changed = (byte[])signed.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                BackupSet.Decode(changed, out var isSignedBy);
                Assert.False(isSignedBy(audit.PublicKey), $"bit {bit}");
            }
            catch (WireFormatException)
            {
                // As good.
            }
        }
    }

    private static byte[] Signed()
    {
        using var audit = SigningKey.FromSeed(Seed);
        return new BackupSet
        {
            Id = Set, PairId = PairId, MadeAt = 1_780_000_000, ExpiresAt = 1_782_592_000, Kek = 3,
            Data = new FileSum(4096, Hash256.Of([1])), Keys = new FileSum(512, Hash256.Of([2])),
            Tombstones = new FileSum(5, Hash256.Of([3])), EscrowKey = Hash256.Of([4]),
        }.Sign(audit);
    }

    private static byte[] Sealed()
    {
        using var to = new MemoryStream();
        using var kek = SecretBytes.Copy(KekKey);
        using (var writer = new SealedWriter(to, kek, Set, new TestRandom(1)))
        {
            writer.Write(new SnapshotRecord.First(PairId, 1_780_000_000).Encode());
            writer.Write(new SnapshotRecord.Secret(new RowKey(Table.Secrets, "realm-seed"u8.ToArray()), Seed).Encode());
            writer.Write(
                new SnapshotRecord.Stored(new Row(new RowKey(Table.KeyRows, KekKey), PairId, 2, 494_444)).Encode());
            writer.Write(new SnapshotRecord.Last(1).Encode());
            writer.Complete();
        }

        return to.ToArray();
    }

    private static byte[] Escrowed()
    {
        using var offline = KemPrivateKey.FromSeed(Seed);
        using var kek = new Kek(new KekId(3), KekState.Current, SecretBytes.Copy(KekKey));
        return Escrow.Seal(Set, 1_780_000_000, 1_782_592_000, offline.PublicKey, [kek], new TestRandom(2));
    }

    private static JsonObject Golden([CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "backup-set.json");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("KEYRECOVERY_WRITE_GOLDEN") == "1")
        {
            var golden = new JsonObject
            {
                ["specification"] = "docs/protocol.md §16",
                ["inputs"] = new JsonObject
                {
                    ["set"] = Set.ToString(), ["pair"] = Convert.ToHexStringLower(PairId),
                    ["kek"] = Convert.ToHexStringLower(KekKey),
                    ["auditSeed"] = Convert.ToHexStringLower(Seed), ["offlineSeed"] = Convert.ToHexStringLower(Seed),
                },
                ["signed"] = Convert.ToHexStringLower(Signed()), ["keysSealed"] = Convert.ToHexStringLower(Sealed()),
                ["escrow"] = Convert.ToHexStringLower(Escrowed()),
            };
            File.WriteAllText(
                path, golden.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n");
        }

        return JsonNode.Parse(File.ReadAllText(path))!.AsObject();
    }
}
