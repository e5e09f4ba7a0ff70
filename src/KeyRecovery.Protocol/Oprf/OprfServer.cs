using System.Security.Cryptography;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>The server's part: BlindEvaluate of the VOPRF (RFC 9497 §3.3.2), mode 0x01, ristretto255-SHA512.</summary>
public static class OprfServer
{
    /// <summary>
    /// Evaluates and proves. Who calls it has counted the guess before. <paramref name="shareKey"/> is the share's
    /// public key, as it is kept: it is not computed anew, and with another one the proof does not hold.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The share is gone.</exception>
    public static OprfEvaluation Evaluate(OprfScalar share, OprfElement shareKey, OprfElement blinded, IRandom random)
    {
        Span<byte> nonce = stackalloc byte[OprfScalar.Size];
        OprfScalar.Draw(nonce, random);
        var evaluated = blinded.Multiply(share.Span);
        var proof = OprfDleq.Prove(share.Span, shareKey, [blinded], [evaluated], nonce);
        CryptographicOperations.ZeroMemory(nonce);
        return new OprfEvaluation(evaluated, proof);
    }
}
