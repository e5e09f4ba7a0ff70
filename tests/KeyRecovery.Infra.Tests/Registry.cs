using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>A registry of images on a port of this machine, with a base that stands in for the real one.</summary>
internal sealed class Registry : IAsyncDisposable
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Configuration = "application/vnd.oci.image.config.v1+json";
    private const string Layer = "application/vnd.oci.image.layer.v1.tar+gzip";

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly Process _process;

    private Registry()
    {
        Name = $"127.0.0.1:{FreePort.Next()}";
        _http.BaseAddress = new Uri($"http://{Name}/v2/");
        File.WriteAllText(_folder["config.yml"], $$"""
            version: 0.1
            storage: { filesystem: { rootdirectory: {{_folder["images"]}} } }
            http: { addr: "{{Name}}" }
            """);
        _process = Process.Start(new ProcessStartInfo(
            Machine.PathOf(Need.DockerRegistry), ["serve", _folder["config.yml"]])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its address, and the first part of its images' names.</summary>
    public string Name { get; }

    /// <summary>Starts it, with <c>base:10.0</c> in it.</summary>
    public static async Task<Registry> StartAsync()
    {
        var registry = new Registry();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                (await registry._http.GetAsync("", limit.Token)).EnsureSuccessStatusCode();
                break;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, limit.Token);
            }
        }

        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "base/"));
        using var zipped = new MemoryStream();
        await using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            zip.Write(tar.ToArray());
        var configuration = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64", os = "linux",
            config = new { Env = (string[])["PATH=/dotnet:/usr/bin", "ASPNETCORE_HTTP_PORTS=8080"] },
            rootfs = new { type = "layers", diff_ids = (string[])[Digest(tar.ToArray())] },
        });
        await registry.PutBlobAsync("base", configuration);
        await registry.PutBlobAsync("base", zipped.ToArray());
        using var manifest = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2, mediaType = Manifest,
            config = Blob(Configuration, configuration), layers = (object[])[Blob(Layer, zipped.ToArray())],
        }));
        manifest.Headers.ContentType = new MediaTypeHeaderValue(Manifest);
        (await registry._http.PutAsync("base/manifests/10.0", manifest)).EnsureSuccessStatusCode();
        return registry;
    }

    /// <summary>An image's configuration, and its last layer, unzipped.</summary>
    public async Task<(JsonElement Configuration, byte[] Layer)> PullAsync(string image, string tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{image}/manifests/{tag}");
        request.Headers.Accept.ParseAdd(Manifest);
        request.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.v2+json");
        using var answer = await _http.SendAsync(request);
        using var manifest = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        string DigestOf(JsonElement blob) => blob.GetProperty("digest").GetString()!;
        var configuration = JsonDocument.Parse(await _http.GetByteArrayAsync(
            $"{image}/blobs/{DigestOf(manifest.RootElement.GetProperty("config"))}"));
        var last = manifest.RootElement.GetProperty("layers").EnumerateArray().Last();
        await using var zip = new GZipStream(
            await _http.GetStreamAsync($"{image}/blobs/{DigestOf(last)}"), CompressionMode.Decompress);
        using var layer = new MemoryStream();
        await zip.CopyToAsync(layer);
        return (configuration.RootElement, layer.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task PutBlobAsync(string image, byte[] bytes)
    {
        using var begun = await _http.PostAsync($"{image}/blobs/uploads/", null);
        begun.EnsureSuccessStatusCode();
        var place = begun.Headers.Location!.ToString();
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var put = await _http.PutAsync(
            $"{place}{(place.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Digest(bytes)}", content);
        put.EnsureSuccessStatusCode();
    }

    private static object Blob(string type, byte[] bytes) =>
        new { mediaType = type, digest = Digest(bytes), size = bytes.Length };

    private static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
