using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Tests.Golden;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>A signature that this project makes, and how it is read.</summary>
/// <param name="Label">Its label; the default for what standards have signed without.</param>
/// <param name="Body">What is signed.</param>
/// <param name="Signature">The signature of it.</param>
/// <param name="IsTaken">Whether the reader takes another body and signature for it.</param>
internal sealed record SignedThing(
    SignatureLabel Label, byte[] Body, byte[] Signature, Func<byte[], byte[], bool> IsTaken)
{
    /// <summary>What is signed by the bytes of a standard.</summary>
    public string? Standard { get; init; }

    public override string ToString() => Standard ?? Label.ToString();
}

/// <summary>
/// One of each kind, all signed by one key: the home server, its realms, devices and slots were as careless as can be.
/// </summary>
internal static class SignedThings
{
    private static readonly SigningKey Key = SigningKey.FromSeed(new TestRandom(3600).Bytes(32));
    private static readonly TestRandom Random = new(3601);
    private static readonly TestAccount Account = Begin();
    private static readonly SignedChainLink Link = Account.Now.Links[0];
    private static readonly RealmIdentity Realm = new(Key.PublicKey, KemPrivateKey.FromSeed(new byte[32]).PublicKey);
    private static readonly AuthorityId Slot = new(Random.Bytes(16));
    private static readonly byte[] Request = Random.Bytes(40);

    private static readonly IdentityKeys Identity = IdentityKeys.Create(
        Account.Now.Account, new FixedRandom([.. new TestRandom(3600).Bytes(32), .. new byte[32]]));

    private static readonly SignedHead Head =
        SignedHead.Sign(AccountHead.Of(new ChainPlace(0, Link.Hash), Account.Now.Manifest, 1), Key);

    public static IReadOnlyList<SignedThing> All { get; } =
    [
        new(SignatureLabel.Link, Link.Body.ToArray(), Link.Signature, (body, signature) => Holds(
            () => SignedChainLink.Create(body, signature, Link.Possession).CheckSignatures(Key.PublicKey))),
        new(SignatureLabel.LinkPossession, Link.Body.ToArray(), Link.Possession[0], (body, signature) => Holds(
            () => SignedChainLink.Create(body, Link.Signature, [signature]).CheckSignatures(Key.PublicKey))),
        new(SignatureLabel.Manifest, Account.Now.Manifest.Body.ToArray(), Account.Now.Manifest.Signature,
            (body, signature) => Holds(
                () => SignedManifest.Decode(Join(body, signature)).CheckAgainst(
                    Account.Now.Account, new ChainPlace(0, Link.Hash), EpochPath.First, Key.PublicKey))),
        Of(SignatureLabel.Head,
            SignedHead.Sign(AccountHead.Of(new ChainPlace(0, Link.Hash), Account.Now.Manifest, 1), Key).Bytes,
            bytes => SignedHead.Decode(bytes).IsSignedBy([Key.PublicKey])),
        Of(SignatureLabel.Restored,
            SignedClaim.Sign(
                new RestoredClaim(new RestoreId(Random.Bytes(16)), Account.Now.Account, 0, 1, 1), Key).Bytes,
            bytes => SignedClaim.Decode(bytes).IsSignedBy([Key.PublicKey])),
        Of(SignatureLabel.RealmReset,
            RealmReset.Sign(Realm.Fingerprint, Slot, new AttemptId(Random.Bytes(16)), 1, Key),
            bytes => RealmReset.Decode(bytes).IsSignedBy(Key.PublicKey)),
        OfBundle(SignatureLabel.RealmRegister, RealmRegister.Seal(
                Realm, Slot, Key.PublicKey, Share(), Head, [], Slot, Key, Random),
            bytes => RealmRegister.Decode(bytes).IsSignedBy(Key.PublicKey)),
        OfBundle(SignatureLabel.RealmCommand, RealmCommand.Sign(
                Realm.Fingerprint, Slot, RealmAction.Pause, 1, Head, [], Slot, Key),
            bytes => RealmCommand.Decode(bytes).IsSignedBy(Key.PublicKey)),
        Of(SignatureLabel.RealmFork, RealmFork.Sign(Realm.Fingerprint, Head.Head, Slot, Key).Bytes,
            bytes => RealmFork.Decode(bytes).IsSignedBy(Key.PublicKey)),
        Of(SignatureLabel.RealmHead,
            new RealmHeadAnswer(Realm.Fingerprint, Hash256.Of(Request), new RealmHeads(Head, [])).Sign(Key),
            bytes => RealmHeadAnswer.Read(bytes, Realm, Account.Now.Account, Request).Fault == RealmFault.None),
        Of(SignatureLabel.RealmStatus, Status().Sign(Key),
            bytes => RealmStatus.Read(bytes, Realm, Slot, Request).Fault == RealmFault.None),
        Of(SignatureLabel.ErasureReceipt, Receipt().Sign(Key),
            bytes => SignedErasureReceipt.Decode(bytes).IsSignedBy(Key.PublicKey)),
        BackupSet(),
        Of(SignatureLabel.Identity, IdentityStatement.Sign(Identity, 1).Bytes,
            bytes => IdentityStatement.TryRead(bytes, out _)),
        Message(),
        Of(SignatureLabel.ContentKey, ContentKey.Create(Identity, [], Random).Record.Bytes,
            bytes => ContentKeyRecord.TryRead(bytes, IdentityStatement.Sign(Identity, 1), null, out _, out _)),
        HttpRequest(),
        Note(),
        Cosigned(),
    ];

    private static TestAccount Begin() => TestAccount.Begin(
        Random, TestAuthority.Device(Random.Bytes(16), new TestRandom(3600).Bytes(32), Random.Bytes(32)));

    private static SignedThing Of(SignatureLabel label, ReadOnlyMemory<byte> bytes, Func<byte[], bool> isTaken)
    {
        var reader = new CborIn(bytes);
        reader.Array(2);
        return new SignedThing(label, reader.Bytes(1, 2048), reader.Bytes(SigningKey.SignatureSize),
            (body, signature) => Takes(() => isTaken(Join(body, signature))));
    }

    // What an authority signs for a realm comes with a head and links.
    private static SignedThing OfBundle(SignatureLabel label, byte[] bytes, Func<byte[], bool> isTaken)
    {
        var behind = new CborOut().Array(2).Bytes(Head.Bytes.Span).Array(0).ToArray()[1..];
        return Of(label, bytes[1..^behind.Length], signed => isTaken([bytes[0], .. signed, .. behind]));
    }

    /// <summary>The layout of a set is the service's; here its label and its signature are tried.</summary>
    private static SignedThing BackupSet()
    {
        var body = new CborOut().Array(2).Text(Labels.BackupSet).UInt(1).ToArray();
        return new SignedThing(SignatureLabel.BackupSet, body, Key.Sign(SignatureLabel.BackupSet, body),
            (other, signature) => body.AsSpan().SequenceEqual(other)
                && Key.PublicKey.Verify(SignatureLabel.BackupSet, other, signature));
    }

    /// <summary>Its signature lies inside: another one is sealed in the same way.</summary>
    private static SignedThing Message()
    {
        const string Purpose = "test";
        var (content, to) = (Random.Bytes(8), IdentityStatement.Sign(Identity, 1));
        var context = new CborOut().Array(7).Text(Labels.SealedContext).Bytes(to.Account)
            .Bytes(to.SigningKey.ToArray()).Bytes(to.Account).Bytes(to.SigningKey.ToArray()).Bytes(to.KemKey.Hash)
            .Text(Purpose).ToArray();
        var body = new CborOut().Array(4).Text(Labels.SealedContent).UInt(1).Bytes(Hash256.Of(context))
            .Bytes(Hash256.Of(content)).ToArray();
        return new SignedThing(
            SignatureLabel.SealedContent, body, Key.Sign(SignatureLabel.SealedContent, body), (other, signature) =>
                body.AsSpan().SequenceEqual(other) && SealedMessage.Open(
                    Identity, to, Purpose, new CborOut().Array(4).Text(Labels.SealedMessage).UInt(1)
                        .Bytes(to.KemKey.Hash).Bytes(Hpke.Seal(
                            to.KemKey, context, [],
                            Padme.Pad(new CborOut().Array(2).Bytes(signature).Bytes(content).ToArray()), new byte[64]))
                        .ToArray()).Fault == IdentityFault.None);
    }

    private static SignedThing HttpRequest()
    {
        var parts = new HttpRequestParts(
            "POST", "recovery.example", "/v1/commits", "?", HttpSignature.ContentDigest([]));
        var (input, signed) = HttpSignature.Sign(
            Key, KeyId.OfDevice(Account.Now.Account, Slot).ToString(), 1_760_000_000, parts);
        Assert.True(HttpSignature.TryParse(input, signed, out var parsed));
        var signatureBase = parsed.SignatureBase(parts);
        return new SignedThing(default, signatureBase, parsed.Signature, (body, signature) =>
            signatureBase.AsSpan().SequenceEqual(body) && Key.PublicKey.VerifyHttp(body, signature))
        {
            Standard = "request",
        };
    }

    private static SignedThing Note()
    {
        var note = new Checkpoint("log.example", 0, MerkleEdge.Empty.Root).Sign(Key);
        var key = NoteKey.Of("log.example", NoteSignatureType.Ed25519, Key.PublicKey);
        return new SignedThing(
            default, Encoding.UTF8.GetBytes(note.Text), note.Signatures[0].Signature.ToArray(),
            (body, signature) => SignedNote.TryParse(
                [.. body, .. NoteEnd(note, note.Signatures[0] with { Signature = signature })], out var read)
                && Checkpoint.TryOpen(read, key, out _))
        {
            Standard = "checkpoint",
        };
    }

    private static SignedThing Cosigned()
    {
        const ulong Time = 1_700_000_000;
        var note = new Checkpoint("log.example", 0, MerkleEdge.Empty.Root).Sign(Key);
        var key = NoteKey.Of("witness.example", NoteSignatureType.Cosignature, Key.PublicKey);
        var cosignature = Cosignature.Sign(note, Time, "witness.example", Key);
        var before = Encoding.UTF8.GetBytes($"cosignature/v1\ntime {Time}\n");
        return new SignedThing(
            default, [.. before, .. Encoding.UTF8.GetBytes(note.Text)], cosignature.Signature.ToArray()[8..],
            (body, signature) => body.AsSpan().StartsWith(before)
                && SignedNote.TryParse(
                    [
                        .. body.AsSpan(before.Length),
                        .. NoteEnd(note, cosignature with
                        {
                            Signature = (byte[])[.. cosignature.Signature.Span[..8], .. signature],
                        }),
                    ], out var read)
                && Cosignature.FindTime(read, key) is not null)
        {
            Standard = "cosignature",
        };
    }

    private static byte[] NoteEnd(SignedNote note, NoteSignature signature)
    {
        var lines = note.With(signature).Encode();
        var last = Encoding.UTF8.GetString(lines).TrimEnd('\n').Split('\n')[^1];
        return Encoding.UTF8.GetBytes($"\n{last}\n");
    }

    private static RealmStatus Status() => new()
    {
        Realm = Realm.Fingerprint, Slot = Slot, Request = Hash256.Of(Request), State = RealmSlotState.Live,
        GuessesLeft = 9, NextAttemptInMs = 0, Round = 1,
        Told = new RealmSlotTold(1, Share().PublicKey, Key.PublicKey, new RealmHeads(Head, [])),
    };

    private static OprfScalar Share()
    {
        using var shares = OprfKeyShares.Split(1, 1, Random);
        Assert.True(OprfScalar.TryParse(shares.Shares[0].Span, out var share));
        return share;
    }

    private static ErasureReceipt Receipt() => new()
    {
        Id = new ErasureId(Random.Bytes(16)), Level = 1, App = TestAccount.DefaultApp, Subject = default,
        RequestedBy = ErasureRequester.Operator, RequestedAt = 1, ErasedAt = 2, Kek = 1, KekDestroyedAt = 0,
        Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
    };

    private static byte[] Join(byte[] body, byte[] signature) =>
        new CborOut().Array(2).Bytes(body).Bytes(signature).ToArray();

    private static bool Holds(Func<ProtocolFault> check) => Takes(() => check() == ProtocolFault.None);

    private static bool Takes(Func<bool> read)
    {
        try
        {
            return read();
        }
        catch (WireFormatException)
        {
            return false;
        }
    }
}
