using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// Z10: ChaCha20-Poly1305 commits to no key, so one ciphertext can open under two. Which key is meant stands in the
/// chain as <c>epochCommit</c>, and nobody takes what it opens to under another.
/// </summary>
public sealed class KeyCommitment : IDisposable
{
    private readonly TestRandom _random = new(131);
    private readonly TestAuthority _phone;
    private readonly TestAuthority _laptop;
    private readonly AccountId _account;

    public KeyCommitment()
    {
        (_phone, _laptop) = (TestAuthority.Device(_random), TestAuthority.Device(_random));
        _account = new AccountId(_random.Bytes(16));
    }

    [Fact]
    public void A_box_that_opens_under_two_epoch_keys_holds_the_key_before_under_neither()
    {
        using var before = EpochKey.Create(_account, 1, _random);
        byte[][] secrets = [_random.Bytes(32), _random.Bytes(32)];
        var context = new CborOut().Array(5).Text(Labels.PreviousEpochKey).Bytes(_account).UInt(2).UInt(1)
            .Bytes(before.Commit).ToArray();
        var tagKeys = secrets.Select(secret => Derive(secret, context))
            .Select(derived => TwoKeyBox.TagKey(derived[..32], derived[32..])).ToArray();
        var box = TwoKeyBox.Craft(tagKeys[0], tagKeys[1], context, _random);
        foreach (var secret in secrets)
        {
            // The control: the seal itself holds.
            using var derivation = new KdfKey(secret);
            Assert.True(DerivedBox.TryOpen(derivation, context, box, new byte[32]));
            using var key = EpochKey.Import(_account, 2, secret);
            Assert.Null(key.OpenPrevious(1, before.Commit, box));
            Assert.NotNull(key.OpenPrevious(1, before.Commit, key.SealPrevious(before)));
        }
    }

    [Fact]
    public void A_seal_that_opens_for_two_readers_to_two_keys_is_taken_by_the_one_whose_key_the_chain_fixes()
    {
        TestAuthority[] readers = [_phone, _laptop];
        // Both entries say the same id, as far as the seal's context goes: the worst there could be.
        var info = new CborOut().Array(4).Text(Labels.EpochSeal).Bytes(_account).UInt(1).Bytes(_phone.Id).ToArray();
        var encapsulation = Hpke.Seal(_phone.Kem.PublicKey, info, [], [], _random.Bytes(64))[..^16];
        var tagKeys = readers.Select(reader => TagKey(reader.Kem, encapsulation, info)).ToArray();
        byte[] seal = [.. encapsulation, .. TwoKeyBox.Craft(tagKeys[0], tagKeys[1], [], _random)];

        var keys = readers
            .Select(reader => EpochKey.OpenSeal(_account, 1, _phone.Id, reader.Kem, seal)!).ToArray();
        // The control: it opens for both, each to a key of its own.
        Assert.NotEqual(keys[0].Commit, keys[1].Commit);
        for (var committed = 0; committed < 2; committed++)
        {
            for (var reader = 0; reader < 2; reader++)
            {
                var sum = Sum(readers[reader], seal);
                var (key, fault) = sum.Open(_phone.Id, readers[reader].Kem, keys[committed].Commit);
                Assert.Equal(reader == committed ? ProtocolFault.None : ProtocolFault.EpochCommit, fault);
                Assert.Equal(reader == committed, key is not null);
            }
            // And whoever has the key that is meant sees that nobody else could open it.
            Assert.Single(Sum(readers[committed], seal).FindBadSeals(keys[committed]));
        }
    }

    [Fact]
    public void An_item_that_opens_under_two_item_keys_is_read_under_the_one_of_its_committed_epoch_or_not_at_all()
    {
        var id = new ItemId(_random.Bytes(16));
        byte[][] secrets = [_random.Bytes(32), _random.Bytes(32)];
        var header = new ItemHeader(_account, id, 1, 1, default);
        using var key = EpochKey.Import(_account, 1, secrets[0]);
        var item = SealedItem.Seal(key, header, "diary", [], _random);
        var aad = item[..ItemHeader.Size];
        var nonce = _random.Bytes(24);
        var itemKeys = secrets.Select(ItemKeyOf).ToArray();
        var tagKeys = itemKeys.Select(itemKey => TwoKeyBox.TagKey(itemKey, nonce)).ToArray();
        byte[] box = [.. nonce, .. TwoKeyBox.Craft(tagKeys[0], tagKeys[1], aad, _random)];
        foreach (var itemKey in itemKeys) Assert.True(SecretBox.TryOpen(itemKey, aad, box, new byte[32]));
        foreach (var secret in secrets)
        {
            using var reader = EpochKey.Import(_account, 1, secret);
            Assert.Null(SealedItem.Open(reader, [.. aad, .. box]));
        }
        Assert.Equal("diary", SealedItem.Open(key, item)!.Name);

        byte[] ItemKeyOf(byte[] secret)
        {
            using var epochKey = EpochKey.Import(_account, 1, secret);
            var itemKey = new byte[32];
            epochKey.DeriveItemKey(id, itemKey);
            return itemKey;
        }
    }

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    private EpochKeyset Sum(TestAuthority reader, byte[] seal)
    {
        var entry = new KeysetEntry(_phone.Id, reader.Kem.PublicKey, seal);
        var keyset = Forge.Keyset(_account, 1, [entry]);
        var active = new ActiveAuthority(
            _phone.Id, AuthorityKind.Device, _phone.Signing.PublicKey, reader.Kem.PublicKey.Hash, 1, 0, 1);
        var head = ChainHead.Resume(
            _account, default, EpochPath.First, default, [keyset.Hash],
            System.Collections.Immutable.ImmutableSortedDictionary<AuthorityId, ActiveAuthority>.Empty
                .Add(_phone.Id, active),
            UsedNames.Empty, null);
        return EpochKeyset.Join(head, [new EpochSeals(keyset.Hash, _phone.Id, [_phone.Id])], [keyset]).Sum!;
    }

    private static byte[] TagKey(KemPrivateKey reader, byte[] encapsulation, byte[] info)
    {
        var (secret, key, nonce) = (new byte[32], new byte[32], new byte[12]);
        Assert.True(reader.TryDecapsulate(encapsulation, secret));
        HpkeSchedule.Derive(secret, info, key, nonce);
        return TwoKeyBox.TagKey(key, nonce);
    }

    private static byte[] Derive(byte[] secret, byte[] context)
    {
        using var derived = Kdf.Derive(secret, context, 56);
        return derived.Span.ToArray();
    }
}
