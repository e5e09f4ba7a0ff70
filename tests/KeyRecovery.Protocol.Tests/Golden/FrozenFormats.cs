using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Tests.Golden.Formats;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>
/// What clients and servers of version 1 wrote and refused, they write and refuse for ever, byte by byte.
/// </summary>
public class FrozenFormats
{
    private static readonly GoldenFormat[] All =
    [
        new AccountIdFormat(), new LinkFormat(), new SigchainFormat(), new EpochCommitFormat(),
        new PreviousEpochKeyFormat(),
        new KeysetFormat(), new ManifestFormat(), new TrailFormat(), new HeadFormat(),
        new RestoredFormat(),
        new UndoFormat(), new RestorePointFormat(), new SignatureFormat(),
        new ManifestPrivateFormat(), new LeafLabelFormat(), new ItemFormat(),
        new CommitFormat(), new VaultFormat(), new RepairFormat(), new ItemBatchFormat(), new CodeSlotFormat(),
        new RequestSignatureFormat(),
        new LinkCodeFormat(), new LinkTranscriptFormat(), new PassphraseSlotFormat(), new RealmMessagesFormat(),
        new RealmRequestsFormat(), new RealmViewFormat(),
        new ErasureReceiptFormat(),
        new AuditLeafFormat(), new SignedNoteFormat(), new CheckpointFormat(), new TlogProofFormat(),
        new LogPolicyFormat(),
        new IdentityFormat(), new SafetyNumberFormat(), new SealedMessageFormat(), new ContentKeyFormat(),
    ];

    public static TheoryData<string> Names => [.. All.Select(format => format.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_writer_makes_the_golden_bytes_of_the_golden_inputs(string name)
    {
        var (format, file) = Open(name);
        Assert.NotEmpty(file.List("valid"));
        foreach (var example in file.List("valid"))
        {
            var written = format.Write(example["inputs"]!.AsObject());
            Assert.True(
                JsonNode.DeepEquals(example["outputs"], written), $"{example.Text("name")}: {written.ToJsonString()}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reader_accepts_every_valid_example(string name)
    {
        var (format, file) = Open(name);
        foreach (var example in file.List("valid"))
            Assert.Equal(
                (example.Text("name"), GoldenFormat.Accepted),
                (example.Text("name"),
                    format.Read(example["inputs"]!.AsObject().With(example["outputs"]!.AsObject()))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reader_refuses_every_invalid_example_for_its_reason(string name)
    {
        var (format, file) = Open(name);
        foreach (var example in file.List("invalid"))
        {
            Assert.NotEqual(GoldenFormat.Accepted, example.Text("verdict"));
            Assert.Equal((example.Text("name"), example.Text("verdict")),
                (example.Text("name"), format.Read(example["told"]!.AsObject())));
        }
    }

    [Fact]
    public void Every_golden_file_is_read_by_a_test()
    {
        // recovery-code.json is RecoveryCodeFormat's.
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.json")
            .Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(All.Select(format => format.Name).Append("recovery-code").Order(), files.Order());
    }

    private static (GoldenFormat Format, JsonObject File) Open(string name)
    {
        var format = All.Single(format => format.Name == name);
        return (format, GoldenFile.Read(format));
    }
}
