using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Linking.Noise;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using static KeyRecovery.Protocol.Tests.Golden.GoldenJson;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>
/// Plays a session of given inputs; beside it a listener who has the ephemeral keys writes down the plaintexts.
/// </summary>
/// <param name="inputs">All that both sides have and draw.</param>
/// <param name="relay">What becomes of each message, by its number.</param>
internal sealed class LinkTranscript(JsonObject inputs, Func<int, byte[], byte[]> relay) : IDisposable
{
    private readonly TestAuthority _existing = LinkTranscriptFormat.Authority(inputs["existing"]!);
    private readonly TestAuthority _new = LinkTranscriptFormat.Authority(inputs["new"]!);
    private readonly JsonArray _messages = [];
    private (NoiseTransport New, NoiseTransport Existing) _listener;

    public JsonObject Outputs { get; } = [];

    public byte[]? Received { get; private set; }

    /// <summary>Null, or which side failed and why.</summary>
    public string? Run()
    {
        try
        {
            Play();
            Outputs["messages"] = _messages;
            return null;
        }
        catch (Failed failed)
        {
            return failed.Message;
        }
    }

    private void Play()
    {
        using var displaying = ExistingDisplaying.Begin(Scope("origin"), Draw("sessionKey", "seed"));
        using var code = ((LinkCodeParse.Ok)LinkCode.Parse(displaying.Code.ToQrText())).Code;
        var device = new JoiningDevice(_new.Id, _new.Signing, _new.Kem, inputs.Text("name"), inputs.Text("platform"));
        using var joining = NewJoining.Begin(code, Scope("newOrigin"), device, Draw("newEphemeral"));
        Listen(code);
        var (greeted, answer) =
            Existing(displaying.Receive(Carry("new", joining.Message, sealedBytes: false), Draw("existingEphemeral")));
        var (shows, commitment) = New(joining.Receive(Carry("existing", answer, sealedBytes: false), Draw("r")));
        var (asks, _) = Existing(greeted.Receive(Carry("new", commitment)));
        foreach (var digits in inputs.List("wrongDigits"))
        {
            var (waits, wrong) = asks.Type(Digits(digits.GetValue<string>()));
            (shows, var refusal) = (LinkFork<NewRevealed, NewConnected>.Again)shows.Receive(Carry("existing", wrong));
            (asks, _) = (LinkFork<ExistingReviewing, ExistingConnected>.Again)waits.Receive(Carry("new", refusal));
        }

        Outputs["digits"] = shows.Digits.ToDisplayString();
        var (awaiting, typed) = asks.Type(Digits(shows.Digits.ToDisplayString()));
        var (revealed, reveal) = New(shows.Receive(Carry("existing", typed)));
        var (reviewing, _) = Existing(awaiting.Receive(Carry("new", reveal)));
        Join(revealed, reviewing);
    }

    private void Join(NewRevealed revealed, ExistingReviewing reviewing)
    {
        var before = VaultBundle.Decode(inputs.Bytes("vaultBefore"));
        using var open = Read(before, _existing).Open(_existing.Id, _existing.Kem).Vault!;
        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([reviewing.Added], []), _existing.Id, inputs.Number("time"), new FixedRandom([]));
        var (offered, offer) = reviewing.Approve(draft);
        var (joins, _) = New(revealed.Receive(Carry("existing", offer)));
        var (signed, possession) = joins.Approve();
        var (proven, _) = Existing(offered.Receive(Carry("new", possession)));

        var link = draft.Sign(_existing.Signing, proven.Possession);
        var manifest = ManifestDraft.Next(
            open, draft, new ManifestChange(), _existing.Id, _existing.Signing, Draw("manifestNonce"));
        var after = before with {
            Links = before.Links.Add(link.Bytes), Keysets = before.Keysets.Add(draft.Keyset.Bytes),
            Manifest = manifest.Bytes, Head = Head(manifest).Bytes,
        };
        Outputs["draft"] = Hex(draft.Body);
        Outputs["signedLink"] = Hex(link.Bytes);
        Outputs["vaultAfter"] = Hex(after.Encode());

        using var home = Home();
        var (committed, place) = proven.Committed(home.PublicKey);
        var (verifies, _) = New(signed.Receive(Carry("existing", place)));
        var (receiving, ready) = New(verifies.Verify(Read(after, _new)));
        var (sending, _) = Existing(committed.Receive(Carry("new", ready)));
        HandOver(sending, receiving);
    }

    private void HandOver(ExistingSending sending, NewReceiving receiving)
    {
        var (sent, parts) = sending.Send(inputs.Bytes("content"), Draw("encapsulationSeed"));
        foreach (var part in parts.SkipLast(1))
            receiving = ((LinkFork<NewLinked, NewReceiving>.Again)receiving.Receive(Carry("existing", part))).State;
        var (linked, receipt) = New(receiving.Receive(Carry("existing", parts[^1])));
        using (linked) Received = linked.Content.Span.ToArray();
        Existing(sent.Receive(Carry("new", receipt)));
    }

    private void Listen(LinkCode code)
    {
        using var psk = code.DerivePsk();
        var prologue = Scope("origin").Prologue(code.SessionId);
        using var initiator = NoiseInitiator.Begin(prologue, psk.Span, code.Key, [], Draw("newEphemeral"));
        using var responder = new NoiseResponder(
            prologue, code.DerivePsk(), new NoiseKey(SecretBytes.Copy(inputs.Bytes("sessionKey"))));
        var answer = new byte[NoisePattern.Overhead];
        var existing = responder.Respond(initiator.FirstMessage, [], answer, [], Draw("existingEphemeral"))!;
        _listener = (initiator.Finish(answer, [])!, existing);
        Outputs["payload"] = Hex(code.Payload);
        Outputs["sessionId"] = Hex(code.SessionId.ToArray());
        Outputs["psk"] = Hex(psk.Span);
        Outputs["prologue"] = Hex(prologue);
        Outputs["handshakeHash"] = Hex(existing.HandshakeHash);
    }

    private byte[] Carry(string from, ReadOnlyMemory<byte> message, bool sealedBytes = true)
    {
        var plaintext = sealedBytes ? (from == "new" ? _listener.Existing : _listener.New).Open(message.Span)! : [];
        _messages.Add(new JsonObject { ["from"] = from, ["plaintext"] = Hex(plaintext), ["message"] = Hex(message) });
        return relay(_messages.Count - 1, message.ToArray());
    }

    private VerifiedVault Read(VaultBundle told, TestAuthority own)
    {
        using var home = Home();
        return Assert.IsType<VaultVerdict.Ok>(VerifiedVault.Verify(
            inputs.Text("appId"), told, own.Identity, null, [home.PublicKey])).Vault;
    }

    private SignedHead Head(SignedManifest manifest)
    {
        using var home = Home();
        return SignedHead.Sign(
            AccountHead.Of(manifest.Manifest.ChainHead, manifest, inputs.Number("time")), home);
    }

    private SigningKey Home() => SigningKey.FromSeed(inputs.Bytes("homeSeed"));

    private LinkScope Scope(string origin) => new(inputs.Text("appId"), new Uri(inputs.Text(origin)));

    private FixedRandom Draw(params string[] names) => new([.. names.SelectMany(name => inputs.Bytes(name))]);

    private static LinkDigits Digits(string typed)
    {
        Assert.True(LinkDigits.TryParse(typed, out var digits));
        return digits;
    }

    private static LinkStep<T>.Next Existing<T>(LinkStep<T> step) => Next(step, "existing");

    private static LinkStep<T>.Next New<T>(LinkStep<T> step) => Next(step, "new");

    private static LinkStep<T>.Next Next<T>(LinkStep<T> step, string side) =>
        step is LinkStep<T>.Failed failed ? throw new Failed($"{side}: {failed.Reason}") : (LinkStep<T>.Next)step;

    private static LinkFork<T, TAgain>.Next Existing<T, TAgain>(LinkFork<T, TAgain> fork) => Next(fork, "existing");

    private static LinkFork<T, TAgain>.Next New<T, TAgain>(LinkFork<T, TAgain> fork) => Next(fork, "new");

    private static LinkFork<T, TAgain>.Next Next<T, TAgain>(LinkFork<T, TAgain> fork, string side) =>
        fork is LinkFork<T, TAgain>.Failed failed
            ? throw new Failed($"{side}: {failed.Reason}") : (LinkFork<T, TAgain>.Next)fork;

    public void Dispose()
    {
        _existing.Dispose();
        _new.Dispose();
    }

    private sealed class Failed(string message) : Exception(message);
}
