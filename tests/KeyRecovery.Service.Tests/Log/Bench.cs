using System.Text;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Log;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// Witnesses without disk and network, that decide as the real ones do (<see cref="WitnessedLog"/>), unless a test has
/// one of them do something else.
/// </summary>
internal sealed class Bench : IWitnesses
{
    private readonly SigningKey[] _keys;
    private readonly Dictionary<string, SignedNote> _last = [];

    public Bench(int count)
    {
        _keys = [.. Enumerable.Range(0, count).Select(i => SigningKey.FromSeed(new TestRandom(900 + i).Bytes(32)))];
        Lies = new Func<WitnessRequest, Task<WitnessReply>>?[count];
    }

    /// <summary>What a witness does in the place of the truth; null for the truth.</summary>
    public Func<WitnessRequest, Task<WitnessReply>>?[] Lies { get; }

    /// <summary>What they tell everybody; a test may put something else there.</summary>
    public Func<int, byte[]?>? Shows { get; set; }

    /// <summary>Who asked whom, and what for.</summary>
    public List<(int Witness, WitnessRequest Request)> Asked { get; } = [];

    public NoteKey KeyOf(int witness) =>
        NoteKey.Of($"witness.example/{witness}", NoteSignatureType.Cosignature, _keys[witness].PublicKey);

    /// <summary>A policy of all of them with so many for a quorum; 0 for none.</summary>
    public LogWitnesses With(int quorum)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _keys.Length; i++) text.Append($"witness {i} {KeyOf(i)} https://{i}.example/\n");
        if (quorum > 0) text.Append($"group all {quorum} {string.Join(' ', Enumerable.Range(0, _keys.Length))}\n");
        text.Append($"quorum {(quorum > 0 ? "all" : "none")}\n");
        Assert.True(LogPolicy.TryParse(Encoding.UTF8.GetBytes(text.ToString()), out var policy, out var fault), fault);
        return new LogWitnesses(policy, this);
    }

    /// <summary>The size that a witness has cosigned last; null for none.</summary>
    public ulong? SizeOf(int witness, string origin) =>
        _last.TryGetValue($"{witness} {origin}", out var note) && Checkpoint.TryParse(note.Text, out var last)
            ? last.Size : null;

    public async ValueTask<WitnessReply> AddAsync(LogPolicyEntry witness, WitnessRequest request, CancellationToken ct)
    {
        var which = Array.FindIndex(_keys, key => key.PublicKey == witness.Key.Key);
        lock (Asked) Asked.Add((which, request));
        if (Lies[which] is { } lie) return await lie(request).WaitAsync(ct);
        lock (_last)
        {
            var place = $"{which} {request.Origin}";
            var known = new WitnessedLog([LogKey!], _last.GetValueOrDefault(place));
            switch (known.Decide(request))
            {
                case WitnessDecision.Cosign(var note):
                    var cosignature = Sign(which, note);
                    _last[place] = note.With(cosignature);
                    return new WitnessReply.Cosigned([cosignature]);
                case WitnessDecision.OtherSize(var size):
                    return new WitnessReply.Knows(size);
                case var refused:
                    return new WitnessReply.Refused(refused.Status);
            }
        }
    }

    public ValueTask<byte[]?> LastAsync(LogPolicyEntry witness, string origin, CancellationToken ct)
    {
        var which = Array.FindIndex(_keys, key => key.PublicKey == witness.Key.Key);
        return new(Shows is { } shows ? shows(which) : _last.GetValueOrDefault($"{which} {origin}")?.Encode());
    }

    /// <summary>The log that they know.</summary>
    public NoteKey? LogKey { get; set; }

    /// <summary>A witness's cosignature of whatever it is.</summary>
    public NoteSignature Sign(int which, SignedNote note) =>
        Cosignature.Sign(note, 1_800_000_000, KeyOf(which).Name, _keys[which]);
}
