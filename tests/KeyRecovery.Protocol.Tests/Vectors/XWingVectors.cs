using System.Text.Json;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class XWingVectors
{
    [Fact]
    public void XWing_reproduces_the_drafts_vectors() => Check(VectorFile.Read("xwing.json").GetProperty("vectors"));

    [Fact]
    public void XWing_reproduces_the_shared_file_where_there_is_one()
    {
        if (VectorFile.ReadShared("xwing.json") is { } shared) Check(shared);
    }

    private static void Check(JsonElement vectors)
    {
        Assert.Equal(3, vectors.GetArrayLength());
        foreach (var vector in vectors.EnumerateArray())
        {
            using var key = KemPrivateKey.FromSeed(vector.Hex("seed"));
            Assert.Equal(vector.Hex("pk"), key.PublicKey.Span.ToArray());

            var ciphertext = new byte[XWing.CiphertextSize];
            var sent = new byte[XWing.SharedSecretSize];
            Assert.True(XWing.TryEncapsulate(ciphertext, sent, key.PublicKey.Span, vector.Hex("eseed")));
            Assert.Equal(vector.Hex("ct"), ciphertext);
            Assert.Equal(vector.Hex("ss"), sent);

            var received = new byte[XWing.SharedSecretSize];
            Assert.True(key.TryDecapsulate(ciphertext, received));
            Assert.Equal(sent, received);
        }
    }
}
