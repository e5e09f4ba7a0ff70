using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// A keyset as a link brings it, read by those that it seals to: which of them find their seal, and what it opens to.
/// </summary>
internal sealed class KeysetFormat() : GoldenFormat("keyset", "§4")
{
    public override IEnumerable<(string, JsonObject)> Valid()
    {
        yield return ("one authority", Inputs(1, 1));
        yield return ("three authorities, epoch 7", Inputs(7, 3));
    }

    public override IEnumerable<(string, JsonObject, string)> Invalid()
    {
        var inputs = Inputs(1, 1);
        var right = inputs.With(Write(inputs));
        var bytes = right.Bytes("keyset");
        var told = right.Only("recipients", "epochCommit", "keyset");
        JsonObject Told(byte[] keyset) => told.With(new JsonObject { ["keyset"] = Hex(keyset) });
        var (account, keyset) = (new AccountId(inputs.Bytes("account")), Keyset.Decode(bytes));
        byte[] Of(params (byte[] Id, byte[] KemKey, byte[] Seal)[] entries)
        {
            var writer = new CborOut().Array(5).Text(Labels.Keyset).UInt(1).Bytes(account).UInt(1)
                .Array(entries.Length);
            foreach (var (id, kemKey, seal) in entries) writer.Array(3).Bytes(id).Bytes(kemKey).Bytes(seal);
            return writer.ToArray();
        }

        var (own, kem, seal) = (keyset.Entries[0].Id.ToArray(), keyset.Entries[0].KemKey.Span.ToArray(),
            keyset.Entries[0].Seal.ToArray());
        foreach (var lie in Lies.OfCbor(bytes, Told)) yield return lie;
        yield return ("no entry", Told(Of()), Malformed);
        yield return ("one authority twice", Told(Of((own, kem, seal), (own, kem, seal))), Malformed);
        yield return ("not ascending", Told(Of((own, kem, seal), (new byte[16], kem, seal))), Malformed);
        yield return ("KEM key of 1,215 bytes", Told(Of((own, kem[1..], seal))), Malformed);
        yield return ("ML-KEM coefficient out of range",
            Told(Of((own, [0xff, 0xff, 0xff, .. kem[3..]], seal))), Malformed);
        yield return ("X25519 part of small order",
            Told(Of((own, [.. kem[..1184], .. new byte[32]], seal))), Malformed);
        yield return ("seal of 1,167 bytes", Told(Of((own, kem, seal[1..]))), Malformed);
        yield return ("seal of 1,169 bytes", Told(Of((own, kem, [.. seal, 0]))), Malformed);
        yield return ("id of 15 bytes", Told(Of((own[1..], kem, seal))), Malformed);
        yield return ("own entry is missing", Told(Of((new byte[16], kem, seal))), nameof(ProtocolFault.KeysetMembers));
        yield return ("encapsulation changed", Told(Of((own, kem, Forge.Flip(seal, 0)))),
            nameof(ProtocolFault.OwnSeal));
        yield return ("X25519 share of small order",
            Told(Of((own, kem, [.. seal[..1088], .. new byte[32], .. seal[1120..]]))), nameof(ProtocolFault.OwnSeal));
        yield return ("tag changed", Told(Of((own, kem, Forge.Flip(seal, 1167)))), nameof(ProtocolFault.OwnSeal));
        yield return ("told as another epoch's",
            Told(Lies.Replace(bytes, [.. Lies.Cbor(account.ToArray()), 1], [.. Lies.Cbor(account.ToArray()), 2])),
            nameof(ProtocolFault.OwnSeal));
        yield return ("told as another account's", Told(Lies.Replace(bytes, account.ToArray(), new byte[16])),
            nameof(ProtocolFault.OwnSeal));
        yield return ("not the committed key", told.With(new JsonObject { ["epochCommit"] = Hex(new byte[32]) }),
            nameof(ProtocolFault.EpochCommit));
    }

    public override JsonObject Write(JsonObject inputs)
    {
        var (account, epoch) = (new AccountId(inputs.Bytes("account")), inputs.Number("epoch"));
        using var key = GoldenWorld.Key(account, epoch, inputs.Bytes("epochKey"));
        var recipients = inputs.List("recipients")
            .Select(r => (Id: new AuthorityId(r.Bytes("id")), Kem: KemPrivateKey.FromSeed(r.Bytes("kemSeed"))))
            .ToList();
        var keyset = Keyset.Create(key, recipients.Select(r => KeyValuePair.Create(r.Id, r.Kem.PublicKey)));
        return new JsonObject
        {
            ["entries"] = new JsonArray([.. keyset.Entries.Select(entry =>
            {
                var info = new CborOut().Array(4).Text("keyrecovery/v1/epoch-seal").Bytes(account).UInt(epoch)
                    .Bytes(entry.Id).ToArray();
                var randomnessInfo = new CborOut().Array(5).Text("keyrecovery/v1/epoch-seal-randomness")
                    .Bytes(account).UInt(epoch).Bytes(entry.Id).Bytes(entry.KemKey.Hash).ToArray();
                return new JsonObject
                {
                    ["id"] = Hex(entry.Id.ToArray()),
                    ["kemKey"] = Hex(entry.KemKey.Span),
                    ["kemKeyHash"] = Hex(entry.KemKey.Hash.ToArray()),
                    ["info"] = Hex(info),
                    ["randomnessInfo"] = Hex(randomnessInfo),
                    ["randomness"] = Hex(GoldenWorld.Derive(inputs.Bytes("epochKey"), randomnessInfo, 64)),
                    ["seal"] = Hex(entry.Seal),
                };
            })]),
            ["epochCommit"] = Hex(key.Commit.ToArray()),
            ["keyset"] = Hex(keyset.Bytes),
            ["keysetHash"] = Hex(keyset.Hash.ToArray()),
        };
    }

    protected override string Judge(JsonObject told)
    {
        var sum = Sum(Keyset.Decode(told.Bytes("keyset")));
        foreach (var reader in told.List("recipients"))
        {
            using var kem = KemPrivateKey.FromSeed(reader.Bytes("kemSeed"));
            var (key, fault) = sum.Open(
                new AuthorityId(reader.Bytes("id")), kem, new Hash256(told.Bytes("epochCommit")));
            if (key is null) return Verdict(fault);
            Assert.Empty(sum.FindBadSeals(key));
            key.Dispose();
        }

        return Accepted;
    }

    /// <summary>The keyset of an epoch that one link brought, which added just those that are in it.</summary>
    private static EpochKeyset Sum(Keyset keyset)
    {
        using var key = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var active = keyset.Entries.Select(e => new ActiveAuthority(
            e.Id, AuthorityKind.Device, key.PublicKey, e.KemKey.Hash, 1, 0, 0));
        var head = ChainHead.Resume(
            keyset.Account, default, EpochPath.Resume(keyset.Epoch, []), default, [keyset.Hash],
            active.ToImmutableSortedDictionary(a => a.Id, a => a), UsedNames.Empty, null);
        var link = new EpochSeals(keyset.Hash, keyset.Entries[0].Id, [.. keyset.Entries.Select(e => e.Id)]);
        return EpochKeyset.Join(head, [link], [keyset]).Sum!;
    }

    private static JsonObject Inputs(ulong epoch, int recipients)
    {
        var random = new TestRandom(2200 + recipients);
        return new JsonObject
        {
            ["account"] = Hex(random.Bytes(16)),
            ["epoch"] = epoch,
            ["epochKey"] = Hex(random.Bytes(32)),
            ["recipients"] = new JsonArray([.. Enumerable.Range(0, recipients).Select(_ => new JsonObject
            {
                ["id"] = Hex(random.Bytes(16)), ["kemSeed"] = Hex(random.Bytes(32)),
            })]),
        };
    }
}
