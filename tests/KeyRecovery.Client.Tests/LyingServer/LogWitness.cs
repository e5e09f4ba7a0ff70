using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>A witness on a socket of its own, which tells what it cosigned last.</summary>
internal sealed class LogWitness : IAsyncDisposable
{
    private const string Name = "witness.example/one";

    private readonly SigningKey _key = SigningKey.FromSeed(Hash256.Of([9]).ToArray());
    private readonly Liar _liar = new(new Uri("http://127.0.0.1:1"));

    public LogWitness() => _liar.Instead = heard => Note is { } note && heard.Path.EndsWith(
        $"/{WitnessAnswer.CheckpointPath(Origin)}", StringComparison.Ordinal)
        ? new Told(200, note) { ContentType = "text/plain" } : Told.Problem(404, ProblemTypes.NotFound);

    /// <summary>What it was asked.</summary>
    public IReadOnlyList<Heard> Heard => _liar.Heard;

    private byte[]? Note { get; set; }

    private string Origin { get; set; } = "";

    /// <summary>Cosigns a checkpoint's note.</summary>
    /// <param name="note">The note.</param>
    /// <param name="key">With which key; null for its own.</param>
    public void Cosign(SignedNote note, SigningKey? key = null)
    {
        Assert.True(Checkpoint.TryParse(note.Text, out var checkpoint));
        Origin = checkpoint.Origin;
        Note = note.With(Cosignature.Sign(note, 1_700_000_000, Name, key ?? _key)).Encode();
    }

    /// <summary>A policy that pins a log and knows this witness, and does not need it.</summary>
    public LogPolicy Policy(NoteKey log, string path = "/watch")
    {
        var witness = NoteKey.Of(Name, NoteSignatureType.Cosignature, _key.PublicKey);
        var lines = $"log {log}\nwitness one {witness} {_liar.Address}{path[1..]}\nquorum none\n";
        Assert.True(
            LogPolicy.TryParse(System.Text.Encoding.UTF8.GetBytes(lines), out var policy, out var fault), fault);
        return policy;
    }

    public async ValueTask DisposeAsync()
    {
        await _liar.DisposeAsync();
        _key.Dispose();
    }
}
