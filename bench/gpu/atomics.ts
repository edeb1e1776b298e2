// Measures how fast an adapter adds to counters in workgroup memory: mutual information mostly does that.

const WORKGROUP = 256;
const PER_INVOCATION = 1024;

// 2,048 counters, as mutual information has with 64 bins, chosen at random.
const code = `
var<workgroup> counters: array<atomic<u32>, 2048>;
@group(0) @binding(0) var<storage, read_write> result: array<u32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var x = local * 747796405u + group.x * 2891336453u;
  for (var i = 0u; i < ${PER_INVOCATION / 8}u; i++) {
${'    x = x * 1664525u + 1013904223u;\n    atomicAdd(&counters[x >> 21u], 1u);\n'.repeat(8)}
  }
  workgroupBarrier();
  if (local == 0u) { result[group.x] = atomicLoad(&counters[x >> 21u]); }
}`;

/** Records one dispatch of the micro-kernel with `workgroups` workgroups. */
export function atomicAdds(device: GPUDevice, workgroups: number) {
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const buffer = device.createBuffer({ size: 4 * workgroups, usage: GPUBufferUsage.STORAGE });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  return {
    /** Additions of one dispatch. */
    count: workgroups * WORKGROUP * PER_INVOCATION,
    submit() {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(workgroups);
      pass.end();
      device.queue.submit([encoder.finish()]);
    },
  };
}
