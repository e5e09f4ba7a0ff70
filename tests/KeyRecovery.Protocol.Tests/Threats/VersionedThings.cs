using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Tests.Golden;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>A structure that begins with a label and a version, and its reader.</summary>
/// <param name="Label">Its label.</param>
/// <param name="Bytes">One that is valid.</param>
/// <param name="Read">What the reader says of other bytes: a verdict of <see cref="GoldenFormat"/>.</param>
/// <param name="By">Which reader, where there are two.</param>
internal sealed record VersionedThing(string Label, byte[] Bytes, Func<byte[], string> Read, string By = "")
{
    public override string ToString() => $"{Label}{By}";
}

/// <summary>One of each.</summary>
internal sealed class VersionedThings : IDisposable
{
    private readonly TestRandom _random = new(3700);
    private readonly SigningKey _key = SigningKey.FromSeed(new byte[32]);
    private readonly KemPrivateKey _kem = KemPrivateKey.FromSeed(new byte[32]);
    private readonly TestAuthority _phone = TestAuthority.Device(new TestRandom(3701));
    private readonly TestAccount _account;
    private IdentityKeys? _identity;

    public VersionedThings() => _account = TestAccount.Begin(_random, _phone);

    public IEnumerable<VersionedThing> All() =>
        [.. OfVaults(), .. OfRealms(), OfReceipt(), .. OfLog(), .. OfIdentities(), OfDeviceKey()];

    private IEnumerable<VersionedThing> OfIdentities()
    {
        var keys = _identity ??= IdentityKeys.Create(_account.Now.Account, _random);
        using var seeds = keys.Encode();
        var statement = IdentityStatement.Sign(keys, 1);
        yield return new(
            Labels.IdentitySeeds, seeds.Span.ToArray(), Throws(b => IdentityKeys.Decode(default, b).Dispose()));
        yield return new(
            Labels.Identity, Body(statement.Bytes.ToArray()),
            b =>
            {
                _ = IdentityStatement.TryRead(
                    SignedBody.Sign(SignatureLabel.Identity, b, keys.Signing), out _, out var fault);
                return Verdict(fault);
            });
        using var key = ContentKey.Create(keys, [], _random);
        yield return new(
            Labels.ContentKey, Body(key.Record.Bytes.ToArray()), b =>
            {
                _ = ContentKeyRecord.TryRead(
                    SignedBody.Sign(SignatureLabel.ContentKey, b, keys.Signing), statement, null, out _, out var fault);
                return Verdict(fault);
            });
        yield return new(
            Labels.SealedMessage, SealedMessage.Seal(keys, statement, "test", [], _random),
            b => Verdict(SealedMessage.Open(keys, statement, "test", b).Fault));
    }

    private VersionedThing OfDeviceKey()
    {
        const string Typed = "four small words here";
        var least = new StretchProfile(2, StretchProfile.MinMemoryKiB, 1);
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(Typed)).Passphrase;
        return new(
            Labels.DeviceKey, LockedDeviceKey.Lock(new byte[LockedDeviceKey.KeySize], passphrase, least, _random),
            Throws(b => Open(b)));

        static void Open(byte[] locked)
        {
            using var again = ((PassphraseParse.Ok)Passphrase.Parse(Typed)).Passphrase;
            LockedDeviceKey.Open(locked, again)?.Dispose();
        }
    }

    private static string Verdict(IdentityFault fault) => fault switch
    {
        IdentityFault.None => GoldenFormat.Accepted,
        IdentityFault.UpgradeRequired => GoldenFormat.UpgradeRequired,
        IdentityFault.Malformed => GoldenFormat.Malformed,
        var other => other.ToString(),
    };

    private IEnumerable<VersionedThing> OfLog()
    {
        var now = _account.Now;
        var detail = new AuditDetail
        {
            Account = now.Account, Time = 1, Event = AuditEvent.Created, Role = AuditRole.Device, Actor = _phone.Id,
            Network = "192.0.2.0/24", Label = now.Manifest.Manifest.LeafLabel,
            Chain = new ChainPlace(0, now.Links[0].Hash), Manifest = now.Manifest.Place,
            Policy = now.Manifest.Hash,
        };
        yield return new(Labels.AuditDetail, detail.Encode(), Throws(b => AuditDetail.Decode(b)));
        yield return new(
            Labels.AuditLeaf, AuditLeaf.Of(detail, Hash256.Of([])).Encode(), Throws(b => AuditLeaf.Decode(b)));
    }

    private IEnumerable<VersionedThing> OfVaults()
    {
        var now = _account.Now;
        var link = now.Links[0];
        yield return new(Labels.Link, link.Body.ToArray(), Throws(b => SignedChainLink.Decode(Link(b))));
        yield return new(
            Labels.Link, link.Body.ToArray(),
            Throws(b => RepairOutline.Read(Repair(Link(b))).Find(_phone.Id)), " in an outline");
        yield return new(Labels.Keyset, now.Keysets[0].Bytes.ToArray(), Throws(b => Keyset.Decode(b)));
        yield return new(
            Labels.Manifest, now.Manifest.Body.ToArray(), Throws(b => SignedManifest.Decode(Sign(b))));
        yield return new(
            Labels.Head, TestHome.Sign(now.Manifest).Head.Encode(), Throws(b => SignedHead.Decode(Sign(b))));
        yield return new(
            Labels.Restored, TestHome.Claim(now.Account, 0, 1, 1).Claim.Encode(),
            Throws(b => SignedClaim.Decode(Sign(b))));
        yield return OfManifestPrivate();
        yield return new(Labels.Commit, _account.Commits[0].Encode(), Throws(b => CommitBundle.Decode(b)));
        yield return new(Labels.Vault, now.Tell().Encode(), Throws(b => VaultBundle.Decode(b)));
        yield return new(
            Labels.RestorePoint, new RestorePoint(now.Manifest, new byte[KeysetEntry.SealSize]).Encode(),
            Throws(b => RestorePoint.Decode(b)));
        yield return new(
            Labels.ItemBatchRequest, new ItemBatchRequest([Hash256.Of([])]).Encode(),
            Throws(b => ItemBatchRequest.Decode(b)));
        yield return new(Labels.ItemBatch, new ItemBatch([new byte[1]]).Encode(), Throws(b => ItemBatch.Decode(b)));
        var repair = Repair(link.Bytes);
        yield return new(Labels.Repair, repair, Throws(b => RepairBundle.Decode(b)));
        yield return new(Labels.Repair, repair, Throws(b => RepairOutline.Read(b)), " in an outline");
    }

    private IEnumerable<VersionedThing> OfRealms()
    {
        var realm = new RealmIdentity(_key.PublicKey, _kem.PublicKey);
        var (slot, attempt) = (new AuthorityId(_random.Bytes(16)), new AttemptId(_random.Bytes(16)));
        using var shares = OprfKeyShares.Split(1, 1, _random);
        using var blind = OprfRequest.Blind(_random.Bytes(32), _random);
        yield return new(
            Labels.RealmEvaluate, new RealmEvaluate(slot, attempt, blind.Blinded).Encode(),
            Throws(b => RealmEvaluate.Decode(b)));
        yield return new(
            Labels.RealmReset, Body(RealmReset.Sign(realm.Fingerprint, slot, attempt, 1, _key)),
            Throws(b => RealmReset.Decode(Sign(b))));
        foreach (var thing in OfRealmBundles(realm, slot, shares)) yield return thing;
        var status = new RealmStatus
        {
            Realm = realm.Fingerprint, Slot = slot, Request = Hash256.Of([]), State = RealmSlotState.Live,
            GuessesLeft = 9, NextAttemptInMs = 0, Round = 1,
            Told = new RealmSlotTold(
                1, shares.ShareKeys[0], _key.PublicKey, new RealmHeads(TestHome.Sign(_account.Now.Manifest), [])),
        };
        yield return new(Labels.RealmStatus, Body(status.Sign(_key)), b => RealmStatus.Read(
            Sign(b, SignatureLabel.RealmStatus), realm, slot, []).Fault switch
        {
            RealmFault.None => GoldenFormat.Accepted,
            RealmFault.UpgradeRequired => GoldenFormat.UpgradeRequired,
            RealmFault.Malformed => GoldenFormat.Malformed,
            var other => other.ToString(),
        });
        var parameters = PassphraseParameters.Create(
            new StretchProfile(4, 32_768, 1), 1, [new RealmShare(realm.Fingerprint, shares.Shares[0].PublicKey)]);
        yield return new(Labels.PassphraseSlot, parameters.Encode(), b => PassphraseParameters.Read(b).Fault switch
        {
            ProtocolFault.None => GoldenFormat.Accepted,
            ProtocolFault.UpgradeRequired => GoldenFormat.UpgradeRequired,
            _ => GoldenFormat.Malformed,
        });
    }

    private IEnumerable<VersionedThing> OfRealmBundles(RealmIdentity realm, AuthorityId slot, OprfKeyShares shares)
    {
        var head = TestHome.Sign(_account.Now.Manifest);
        Assert.True(OprfScalar.TryParse(shares.Shares[0].Span, out var share));
        byte[] Bundle(byte[] body) => new CborOut().Array(3).Array(2).Bytes(body).Bytes(new byte[64])
            .Bytes(head.Bytes.Span).Array(0).ToArray();
        static byte[] Inner(byte[] bundle) => Body(bundle[1..]);
        yield return new(
            Labels.RealmRegister,
            Inner(RealmRegister.Seal(realm, slot, _key.PublicKey, share, head, [], _phone.Id, _key, _random)),
            Throws(b => RealmRegister.Decode(Bundle(b))));
        var registration = new CborOut().Array(6).Text(Labels.RealmRegistration).UInt(1).Bytes(slot)
            .Bytes(_key.PublicKey.ToArray()).Bytes(share.PublicKey.ToArray()).Bytes(share.Span).ToArray();
        var info = new CborOut().Array(4).Text(Labels.RealmRegister).Bytes(realm.Fingerprint).Bytes(slot)
            .Bytes(head.Head.Account).ToArray();
        yield return new(Labels.RealmRegistration, registration, Throws(b => RealmRegister.Decode(
            Bundle(new CborOut().Array(8).Text(Labels.RealmRegister).UInt(1).Bytes(realm.Fingerprint).Bytes(slot)
                .Bytes(head.Head.Account).Bytes(_phone.Id).Bytes(head.Head.Chain.Hash)
                .Bytes(Hpke.Seal(realm.KemKey, info, [], b, new byte[64])).ToArray())).Open(realm, _kem).Dispose()));
        yield return new(
            Labels.RealmCommand,
            Inner(RealmCommand.Sign(
                realm.Fingerprint, slot, RealmAction.Pause, 1, head, [], _phone.Id, _key)),
            Throws(b => RealmCommand.Decode(Bundle(b))));
        yield return new(
            Labels.RealmFork, Body(RealmFork.Sign(realm.Fingerprint, head.Head, _phone.Id, _key).Bytes.ToArray()),
            Throws(b => RealmFork.Decode(Sign(b))));
        yield return new(
            Labels.RealmFollow, RealmFollow.Encode(head, [], []), Throws(b => RealmFollow.Decode(b)));
        var receipt = new RealmReceipt(_account.Now.Account, SignedErasureReceipt.Decode(Receipt().Sign(_key)));
        yield return new(Labels.RealmReceipt, receipt.Encode(), Throws(b => RealmReceipt.Decode(b)));
        yield return new(
            Labels.RealmHead,
            Body(new RealmHeadAnswer(realm.Fingerprint, Hash256.Of([]), new RealmHeads(head, [])).Sign(_key)),
            b => RealmHeadAnswer.Read(Sign(b, SignatureLabel.RealmHead), realm, _account.Now.Account, []).Fault switch
        {
            RealmFault.None => GoldenFormat.Accepted,
            RealmFault.UpgradeRequired => GoldenFormat.UpgradeRequired,
            RealmFault.Malformed => GoldenFormat.Malformed,
            var other => other.ToString(),
        });
    }

    private VersionedThing OfReceipt() => new(
        Labels.ErasureReceipt, Body(Receipt().Sign(_key)), Throws(b => SignedErasureReceipt.Decode(Sign(b))));

    private ErasureReceipt Receipt()
    {
        var id = new ErasureId(_random.Bytes(16));
        return new ErasureReceipt
        {
            Id = id, Level = 1, App = TestAccount.DefaultApp,
            Subject = ErasureReceipt.SubjectOf(id, _account.Now.Account),
            RequestedBy = ErasureRequester.Operator, RequestedAt = 1, ErasedAt = 2, Kek = 1, KekDestroyedAt = 0,
            Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
        };
    }

    private VersionedThing OfManifestPrivate()
    {
        var manifest = _account.Now.Manifest.Manifest;
        using var open = _account.Open(_phone);
        using var key = open.Keys.Current.ManifestPrivateKey();
        var secret = key.Span.ToArray();
        var aad = new CborOut().Array(4).Text(Labels.ManifestPrivate).Bytes(manifest.Account).UInt(1).UInt(1).ToArray();
        var padded = new byte[manifest.Private.Length - SecretBox.Overhead];
        Assert.True(SecretBox.TryOpen(secret, aad, manifest.Private.Span, padded));
        Assert.True(Padme.TryUnpad(padded, out var length));
        return new(Labels.ManifestPrivate, padded[4..(4 + length)], b => Open(
            manifest with { Private = SecretBox.Seal(secret, aad, Padme.Pad(b), new TestRandom(1)) }));
    }

    private string Open(Manifest manifest)
    {
        var opened = "";
        var thrown = Throws(_ =>
        {
            using var vault = _account.Open(_phone);
            using var content = ManifestPrivate.Open(vault.Keys.Current, manifest);
            opened = content is null ? GoldenFormat.Malformed : GoldenFormat.Accepted;
        })([]);
        return thrown == GoldenFormat.Accepted ? opened : thrown;
    }

    private byte[] Repair(ReadOnlyMemory<byte> link) => new CborOut().Array(8).Text(Labels.Repair).UInt(1)
        .Array(1).Bytes(link.Span).Array(1).Bytes(_account.Now.Keysets[0].Bytes.Span)
        .Bytes(_account.Now.Manifest.Bytes.Span).Bytes([]).Bytes(default(Hash256)).Array(0).ToArray();

    private byte[] Sign(byte[] body, SignatureLabel label) =>
        new CborOut().Array(2).Bytes(body).Bytes(_key.Sign(label, body)).ToArray();

    // These readers look at the shape and leave the signature to whoever has the key.
    private static byte[] Sign(byte[] body) => new CborOut().Array(2).Bytes(body).Bytes(new byte[64]).ToArray();

    private static byte[] Link(byte[] body) =>
        new CborOut().Array(3).Bytes(body).Bytes(new byte[64]).Array(1).Bytes(new byte[64]).ToArray();

    private static byte[] Body(byte[] signed)
    {
        var reader = new CborIn(signed);
        reader.Array(2);
        return reader.Bytes(1, 2048);
    }

    private static Func<byte[], string> Throws(Action<byte[]> read) => bytes =>
    {
        try
        {
            read(bytes);
            return GoldenFormat.Accepted;
        }
        catch (WireFormatException)
        {
            return GoldenFormat.Malformed;
        }
        catch (UpgradeRequiredException)
        {
            return GoldenFormat.UpgradeRequired;
        }
    };

    public void Dispose()
    {
        _identity?.Dispose();
        _key.Dispose();
        _kem.Dispose();
        _phone.Dispose();
    }
}
