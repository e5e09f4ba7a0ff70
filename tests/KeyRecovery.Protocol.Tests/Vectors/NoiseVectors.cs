using System.Text.Json;
using KeyRecovery.Protocol.Linking.Noise;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Tests.Golden;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class NoiseVectors
{
    private const string FileName = "noise-NKpsk0-25519-ChaChaPoly-SHA256.json";

    private static readonly JsonElement Vector = VectorFile.Read(FileName);

    [Fact]
    public void The_handshake_and_every_message_after_it_are_the_vectors_byte_for_byte()
    {
        var messages = Vector.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(6, messages.Count);

        using var initiator = NoiseInitiator.Begin(
            Vector.Hex("init_prologue"), Psk("init_psks"), Vector.Hex("init_remote_static"), messages[0].Hex("payload"),
            new FixedRandom(Vector.Hex("init_ephemeral")));
        Assert.Equal(messages[0].Hex("ciphertext"), initiator.FirstMessage);

        using var responder = new NoiseResponder(
            Vector.Hex("resp_prologue"), SecretBytes.Copy(Psk("resp_psks")),
            new NoiseKey(SecretBytes.Copy(Vector.Hex("resp_static"))));
        var (first, second) = (new byte[messages[0].Hex("payload").Length],
            new byte[messages[1].Hex("ciphertext").Length]);
        using var responding = responder.Respond(
            initiator.FirstMessage, first, second, messages[1].Hex("payload"),
            new FixedRandom(Vector.Hex("resp_ephemeral")));
        Assert.NotNull(responding);
        Assert.Equal(messages[0].Hex("payload"), first);
        Assert.Equal(messages[1].Hex("ciphertext"), second);

        var answer = new byte[messages[1].Hex("payload").Length];
        using var initiating = initiator.Finish(second, answer);
        Assert.NotNull(initiating);
        Assert.Equal(messages[1].Hex("payload"), answer);
        Assert.Equal(Vector.Hex("handshake_hash"), initiating.HandshakeHash);
        Assert.Equal(Vector.Hex("handshake_hash"), responding.HandshakeHash);

        for (var i = 2; i < messages.Count; i++)
        {
            var (sender, receiver) = i % 2 == 0 ? (initiating, responding) : (responding, initiating);
            Assert.Equal(messages[i].Hex("ciphertext"), sender.Seal(messages[i].Hex("payload")));
            Assert.Equal(messages[i].Hex("payload"), receiver.Open(messages[i].Hex("ciphertext")));
        }
    }

    [Fact]
    public void The_figures_are_those_of_the_shared_file_where_there_is_one()
    {
        if (VectorFile.ReadShared(FileName) is not { } shared) return;
        foreach (var property in shared[0].EnumerateObject())
            Assert.True(JsonElement.DeepEquals(property.Value, Vector.GetProperty(property.Name)), property.Name);
    }

    private static byte[] Psk(string side) => Convert.FromHexString(Vector.GetProperty(side)[0].GetString()!);
}
