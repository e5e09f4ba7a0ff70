using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>The ids and keys that a chain has used: nothing is forgotten, and what was kept is read strictly.</summary>
public class UsedNamesTests
{
    [Fact]
    public void Every_id_and_key_that_was_added_is_found_again_and_no_other() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 40]).Sample((seed, count) =>
        {
            var random = new TestRandom(seed);
            var added = Enumerable.Range(0, count).Select(_ => Draw(random)).ToArray();
            var used = added.Aggregate(UsedNames.Empty, (names, a) => names.Add(a));
            Assert.Equal(3 * count, used.Count);
            Assert.Equal(added.SelectMany(Names).Order(), Unpack(used.Packed.Span));
            foreach (var old in added)
            {
                Assert.True(used.Contains(Draw(random) with { Id = old.Id }));
                Assert.True(used.Contains(Draw(random) with { SigningKey = old.SigningKey }));
                Assert.True(used.Contains(Draw(random) with { KemKeyHash = old.KemKeyHash }));
                Assert.Equal(used.Packed, used.Add(old).Packed);
            }

            Assert.False(used.Contains(Draw(random)));
            Assert.Equal(used.Packed, UsedNames.FromPacked(used.Packed).Packed);
        }, iter: 25, threads: 1);

    [Theory]
    [InlineData("00")]
    [InlineData("000000000000000100000000000000")]
    [InlineData("00000000000000010000000000000001")]
    [InlineData("00000000000000020000000000000001")]
    [InlineData("ff0000000000000000ffffffffffffff")]
    public void What_is_not_in_order_is_no_list_of_names(string packed) =>
        Assert.Throws<WireFormatException>(() => UsedNames.FromPacked(Convert.FromHexString(packed)));

    [Fact]
    public void A_list_is_as_long_as_a_chain_can_make_it_and_no_longer()
    {
        Assert.Equal(Limits.UsedNames, UsedNames.FromPacked(Counted(Limits.UsedNames)).Count);
        Assert.Throws<WireFormatException>(() => UsedNames.FromPacked(Counted(Limits.UsedNames + 1)));
    }

    private static NewAuthority Draw(TestRandom random)
    {
        using var key = SigningKey.FromSeed(random.Bytes(32));
        return new NewAuthority(
            new AuthorityId(random.Bytes(16)), AuthorityKind.Device, key.PublicKey, new Hash256(random.Bytes(32)), 1,
            ReadOnlyMemory<byte>.Empty);
    }

    private static ulong[] Names(NewAuthority authority) =>
    [
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(authority.Id.ToArray())),
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(authority.SigningKey.ToArray())),
        BinaryPrimitives.ReadUInt64BigEndian(authority.KemKeyHash.ToArray()),
    ];

    private static List<ulong> Unpack(ReadOnlySpan<byte> packed)
    {
        var names = new List<ulong>();
        for (; packed.Length > 0; packed = packed[8..]) names.Add(BinaryPrimitives.ReadUInt64BigEndian(packed));
        return names;
    }

    private static byte[] Counted(int count)
    {
        var packed = new byte[count * 8];
        for (var i = 0; i < count; i++) BinaryPrimitives.WriteUInt64BigEndian(packed.AsSpan(i * 8), (ulong)i);
        return packed;
    }
}
