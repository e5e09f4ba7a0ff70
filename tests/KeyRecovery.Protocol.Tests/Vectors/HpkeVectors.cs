using System.Text.Json;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Vectors;

public class HpkeVectors
{
    private static readonly JsonElement Vector = VectorFile.Read("hpke-xwing.json");

    [Fact]
    public void The_first_message_is_sealed_byte_for_byte_and_opened()
    {
        using var key = KemPrivateKey.FromSeed(Vector.Hex("skRm"));
        Assert.Equal(Vector.Hex("pkRm"), key.PublicKey.Span.ToArray());

        var message = Vector.GetProperty("encryptions")[0];
        var sealedBytes = Hpke.Seal(
            key.PublicKey, Vector.Hex("info"), message.Hex("aad"), message.Hex("pt"), Vector.Hex("ikmE"));
        Assert.Equal([.. Vector.Hex("enc"), .. message.Hex("ct")], sealedBytes);

        var opened = new byte[message.Hex("pt").Length];
        Assert.True(Hpke.TryOpen(key, Vector.Hex("info"), message.Hex("aad"), sealedBytes, opened));
        Assert.Equal(message.Hex("pt"), opened);
    }

    [Fact]
    public void The_key_schedule_gives_the_vectors_key_nonce_and_exporter_secret()
    {
        var schedule = Schedule();
        Assert.Equal(Vector.Hex("key"), schedule.Key);
        Assert.Equal(Vector.Hex("base_nonce"), schedule.Nonce);
        Assert.Equal(Vector.Hex("exporter_secret"), schedule.Exporter);
    }

    [Fact]
    public void Every_message_of_the_vector_opens_under_the_derived_key_at_its_sequence_number()
    {
        var schedule = Schedule();
        var messages = Vector.GetProperty("encryptions").EnumerateArray().ToList();
        Assert.Equal(10, messages.Count);
        foreach (var message in messages)
        {
            var ciphertext = new byte[message.Hex("ct").Length];
            Sodium.ChaChaSeal(ciphertext, message.Hex("pt"), message.Hex("aad"), message.Hex("nonce"), schedule.Key);
            Assert.Equal(message.Hex("ct"), ciphertext);
        }

        // The sequence number is xored into the base nonce's end; the first is 0 and leaves it as it is.
        Assert.Equal(schedule.Nonce, messages[0].Hex("nonce"));
    }

    [Fact]
    public void Exported_secrets_follow_from_the_exporter_secret()
    {
        var schedule = Schedule();
        var exports = Vector.GetProperty("exports").EnumerateArray().ToList();
        Assert.Equal(5, exports.Count);
        foreach (var export in exports)
        {
            var value = new byte[export.GetProperty("L").GetInt32()];
            HpkeSchedule.LabeledExpand(schedule.Exporter, "sec"u8, export.Hex("exporter_context"), value);
            Assert.Equal(export.Hex("exported_value"), value);
        }
    }

    [Fact]
    public void The_suite_is_the_one_in_the_shared_file_where_there_is_one()
    {
        if (VectorFile.ReadShared("hpke-xwing.json") is not { } shared) return;
        var suite = shared.EnumerateArray().Single(entry =>
            entry.GetProperty("kdf_id").GetInt32() == 1 && entry.GetProperty("aead_id").GetInt32() == 3);
        foreach (var property in suite.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(property.Value, Vector.GetProperty(property.Name)), property.Name);
    }

    private static (byte[] Key, byte[] Nonce, byte[] Exporter) Schedule()
    {
        var (key, nonce, exporter) =
            (new byte[HpkeSchedule.KeySize], new byte[HpkeSchedule.NonceSize],
                new byte[HpkeSchedule.ExporterSecretSize]);
        HpkeSchedule.Derive(Vector.Hex("shared_secret"), Vector.Hex("info"), key, nonce, exporter);
        return (key, nonce, exporter);
    }
}
