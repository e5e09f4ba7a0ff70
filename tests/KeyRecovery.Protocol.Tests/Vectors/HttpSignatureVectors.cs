using System.Buffers.Text;
using System.Text;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class HttpSignatureVectors
{
    private const string Signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";

    private const string Parameters =
        """("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;"""
        + "keyid=\"test-key-ed25519\"";

    /// <summary>
    /// RFC 9421 B.2.6 with the key of B.1.4: other components than ours, the same base and the same signature scheme.
    /// </summary>
    [Fact]
    public void Base_and_signature_are_those_of_RFC_9421_B_2_6()
    {
        var signatureBase = HttpSignatureBase.Build(
            [
                ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
                ("@method", "POST"),
                ("@path", "/foo"),
                ("@authority", "example.com"),
                ("content-type", "application/json"),
                ("content-length", "18"),
            ],
            Parameters);
        const string expected = """
            "date": Tue, 20 Apr 2021 02:07:55 GMT
            "@method": POST
            "@path": /foo
            "@authority": example.com
            "content-type": application/json
            "content-length": 18

            """ + "\"@signature-params\": " + Parameters;
        Assert.Equal(expected, Encoding.ASCII.GetString(signatureBase));

        using var key = SigningKey.FromSeed(Base64Url.DecodeFromChars("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"));
        Assert.Equal("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs", key.PublicKey.ToString());
        Assert.Equal(Signature, Convert.ToBase64String(key.SignHttp(signatureBase)));
        Assert.True(key.PublicKey.VerifyHttp(signatureBase, Convert.FromBase64String(Signature)));
    }

    /// <summary>RFC 9530, appendices B.1 and B.2.</summary>
    [Theory]
    [InlineData("{\"hello\": \"world\"}\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:")]
    [InlineData("", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    public void Content_Digest_is_that_of_RFC_9530(string body, string expected)
    {
        Assert.Equal(expected, HttpSignature.ContentDigest(Encoding.UTF8.GetBytes(body)));
        Assert.True(HttpSignature.TryParseContentDigest(expected, out var hash));
        Assert.Equal(Hash256.Of(Encoding.UTF8.GetBytes(body)), hash);
    }
}
