using System.Reflection;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Tests.Golden;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>
/// F33: a structure of another version is <i>upgrade required</i> whatever its shape, everywhere; and what is malformed
/// under this version is malformed.
/// </summary>
public sealed class UnknownVersions : IDisposable
{
    /// <summary>
    /// Labels that name no structure which anybody reads: what is hashed, derived from, signed apart, or sealed as a
    /// context.
    /// </summary>
    private static readonly string[] NotRead =
    [
        Labels.Account, Labels.LinkPossession, Labels.EpochCommit, Labels.PreviousEpochKey, Labels.EpochSeal,
        Labels.EpochSealRandomness, Labels.Trail, Labels.ManifestPrivateKey, Labels.ItemKey, Labels.LeafLabel,
        Labels.CodeSlotId, Labels.CodeSlotSigning, Labels.CodeSlotKem, Labels.LinkSessionId, Labels.LinkJoinToken,
        Labels.LinkPsk, Labels.LinkEnvelope, Labels.LinkPrologue, Labels.LinkCommitment, Labels.LinkDigits,
        Labels.LinkBundle, Labels.PassphraseSalt, Labels.PassphraseSlotSigning, Labels.PassphraseSlotKem, Labels.Realm,
        Labels.ErasureSubject, Labels.HttpTag, Labels.SealedContext, Labels.SealedContent, Labels.ContentKeySeal,
        Labels.ContentKeyCommit,
    ];

    /// <summary>Structures that only the service reads; its own tests try them.</summary>
    private static readonly string[] OfTheService = [Labels.BackupSet, Labels.BackupKeys, Labels.BackupEscrow];

    private readonly VersionedThings _things = new();

    public static TheoryData<string> Names
    {
        get
        {
            using var things = new VersionedThings();
            return [.. things.All().Select(thing => thing.ToString())];
        }
    }

    [Fact]
    public void Every_label_names_a_structure_here_or_none() => Assert.Equal(
        typeof(Labels).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!).Order(),
        _things.All().Select(thing => thing.Label).Distinct().Concat(NotRead).Concat(OfTheService).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Another_version_asks_for_an_upgrade_and_another_shape_is_malformed(string name)
    {
        var thing = _things.All().Single(t => t.ToString() == name);
        Assert.Equal(GoldenFormat.Accepted, thing.Read(thing.Bytes));
        foreach (var (lie, bytes, verdict) in Lies.OfCbor(thing.Bytes))
            Assert.Equal((lie, verdict), (lie, thing.Read(bytes)));
    }

    [Theory]
    [InlineData(0, RealmFault.UpgradeRequired)]
    [InlineData(1, RealmFault.None)]
    [InlineData(7, RealmFault.None)]
    [InlineData(8, RealmFault.UpgradeRequired)]
    public void An_event_of_an_unknown_kind_asks_for_an_upgrade(int kind, RealmFault fault)
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        using var kem = KemPrivateKey.FromSeed(new byte[32]);
        using var shares = OprfKeyShares.Split(1, 1, new TestRandom(1));
        var realm = new RealmIdentity(key.PublicKey, kem.PublicKey);
        var head = TestHome.Sign(new GoldenWorld().Account.Now.Manifest);
        var status = new RealmStatus
        {
            Realm = realm.Fingerprint, Slot = default, Request = Hash256.Of([]), State = RealmSlotState.Live,
            GuessesLeft = 9, NextAttemptInMs = 0, Round = 1,
            Told = new RealmSlotTold(1, shares.ShareKeys[0], key.PublicKey, new RealmHeads(head, [])),
            Events = [new RealmEvent(1, (RealmEventKind)kind)],
        };
        Assert.Equal(fault, RealmStatus.Read(status.Sign(key), realm, default, []).Fault);
    }

    public void Dispose() => _things.Dispose();
}
