using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Tests.Vectors;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>Codes lie in drawers for years: text and slot of a version never change.</summary>
public class RecoveryCodeFormat
{
    private static readonly List<JsonElement> Codes =
        [.. VectorFile.Read("recovery-code.json", "Golden").GetProperty("codes").EnumerateArray()];

    [Fact]
    public void A_code_of_version_0_reads_and_prints_as_ever()
    {
        Assert.Equal(4, Codes.Count);
        foreach (var golden in Codes)
        {
            using var generated = RecoveryCode.Generate(new Fixed(golden.Hex("entropy")));
            Assert.Equal(golden.GetProperty("code").GetString(), generated.ToDisplayString());
            using var read =
                Assert.IsType<RecoveryCodeParse.Ok>(RecoveryCode.Parse(golden.GetProperty("code").GetString()!)).Code;
            Assert.Equal(generated.ToDisplayString(), read.ToDisplayString());
        }
    }

    [Fact]
    public void A_code_derives_the_same_slot_as_ever()
    {
        foreach (var golden in Codes)
        {
            using var code =
                Assert.IsType<RecoveryCodeParse.Ok>(RecoveryCode.Parse(golden.GetProperty("code").GetString()!)).Code;
            using var slot = code.DeriveSlot();
            Assert.Equal(golden.Hex("slotId"), slot.Id.ToArray());
            Assert.Equal(golden.Hex("signingKey"), slot.Signing.PublicKey.ToArray());
            Assert.Equal(golden.Hex("kemKeyHash"), slot.Kem.PublicKey.Hash.ToArray());
        }
    }

    [Fact]
    public void Labels_are_the_kebab_case_of_their_names()
    {
        var labels = typeof(Labels).GetFields().Where(field => field.Name != nameof(Labels.HttpTag)).ToList();
        Assert.True(labels.Count >= 19);
        foreach (var label in labels)
        {
            var kebab =
                string.Concat(
                    label.Name.Select((c, i) => char.IsUpper(c)
                        ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
            Assert.Equal($"keyrecovery/v1/{kebab}", label.GetRawConstantValue());
        }

        Assert.Equal("keyrecovery/v1", Labels.HttpTag);
    }

    private sealed class Fixed(byte[] bytes) : IRandom
    {
        public void Fill(Span<byte> destination) => bytes.CopyTo(destination);
    }
}
