import '@xyflow/react/dist/base.css';
import { Handle, Panel, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import type { Edge, Node, NodeProps } from '@xyflow/react';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Button, IconButton } from '../../kit/button.js';
import { Badge, StateSign, signOf, useSignText } from '../../kit/sign.js';
import { useSaidText } from '../../kit/said.js';
import { Span } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { NODE, neighbour, placesOf, viewOn } from './graph-layout.js';
import type { Place } from './graph-layout.js';
import type { GraphNode, RunGraph } from './run-graph.js';
import { signValue } from './waits.js';
import { useShortWhy, useWhy } from './why.js';
import './graph-view.css';

interface GraphViewProps {
  readonly graph: RunGraph;
  readonly openStep: string;
  readonly onOpen: (step_id: string) => void;
}

type TaskNode = Node<{ readonly node: GraphNode; readonly isOpen: boolean; readonly isStop: boolean }, 'task'>;

const NODE_TYPES = { task: memo(TaskNodeView) };
/** Below this the words cannot be read: a larger graph begins at what matters instead of whole. */
const READABLE = 0.6;
const LEAST_HEIGHT = 200;
/** Every step's drawer tells what it waits for: the lines themselves are not read out, and not in English. */
const UNHEARD = { domAttributes: { 'aria-hidden': true } } as const;
/** For the buttons at the bottom, and as much at the top. */
const ROOM_AROUND = 110;

/** The steps as a drawing: it can be moved, zoomed, and walked through by the arrow keys. */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ graph, openStep, onOpen }: GraphViewProps) {
  const { view } = useWords(runsWords);
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const places = usePlaces(graph);
  // One stop for the Tab key; arrows go on from there.
  const [stop, setStop] = useState<string | null>(null);
  const stopId = stop !== null && places.has(stop) ? stop : (graph.nodes[0]?.id ?? null);
  const nodes = useNodes(graph, places, openStep, stopId);
  const edges = useEdges(graph);
  const bottom = Math.max(...[...places.values()].map(({ y }) => y + NODE.height), 0);

  const begin = useCallback((): void => {
    void flow.fitView({ minZoom: 0.1, maxZoom: 1, padding: 0.06 }).then(() => {
      if (flow.getZoom() >= READABLE) return;
      const place = places.get(whatMatters(graph.nodes) ?? '');
      const room = frame.current?.getBoundingClientRect();
      if (place && room) void flow.setViewport(viewOn(place, [...places.values()], room, READABLE + 0.15));
    });
  }, [flow, places]);

  // A step that was added (a check, a taking back) moves the others, and a phone that is turned has another frame: until somebody has moved the
  // drawing, it is brought into view again.
  const size = useStore(({ width, height }) => `${width} ${height}`);
  const isMoved = useRef(false);
  useEffect(() => {
    if (flow.viewportInitialized && !isMoved.current) begin();
  }, [flow, begin, size]);

  useEffect(() => {
    if (stop === null) return;
    const button = frame.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(stop)}"]`);
    button?.focus({ preventScroll: true });
  }, [stop]);

  function onKeyDown(event: KeyboardEvent): void {
    if (stopId === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = neighbour(stopId, event.key, graph, places);
    if (next === null) return;
    event.preventDefault();
    setStop(next);
    const place = places.get(next);
    if (place) bringIntoView(place);
  }

  function bringIntoView(place: Place): void {
    const { width, height } = frame.current?.getBoundingClientRect() ?? { width: 0, height: 0 };
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [place.x * zoom + x, place.y * zoom + y];
    const isSeen = left >= 0 && top >= 0 && left + NODE.width * zoom <= width && top + NODE.height * zoom <= height;
    if (!isSeen) void flow.setCenter(...middleOf(place), { zoom: Math.max(zoom, READABLE) });
  }

  return (
    <div
      ref={frame}
      className="graph-frame run-graph"
      // A small graph does not stand in a large void.
      style={{ maxHeight: `${Math.max(LEAST_HEIGHT, bottom + ROOM_AROUND)}px` }}
      role="group"
      aria-label={view.graph_label}
      onKeyDown={onKeyDown}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onInit={begin}
        onMoveStart={(event) => {
          if (event !== null) isMoved.current = true;
        }}
        onNodeClick={(_event, { id }) => {
          setStop(id);
          onOpen(id);
        }}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        // The wheel belongs to the page; with Ctrl, or two fingers, it zooms.
        zoomOnScroll={false}
        preventScrolling={false}
        zoomOnDoubleClick={false}
        minZoom={0.05}
        maxZoom={1.6}
        proOptions={{ hideAttribution: true }}
      >
        <Panel position="bottom-right" className="graph-tools">
          <IconButton icon="plus" label={view.zoom_in} onClick={() => void flow.zoomIn()} />
          <IconButton icon="dash" label={view.zoom_out} onClick={() => void flow.zoomOut()} />
          <Button size="s" onClick={() => void flow.fitView({ padding: 0.06, maxZoom: 1 })}>
            {view.fit}
          </Button>
        </Panel>
      </ReactFlow>
    </div>
  );
}

/** Laid out anew only when the shape is another one. */
function usePlaces({ nodes, edges }: RunGraph): ReadonlyMap<string, Place> {
  const shape = `${nodes.map(({ id }) => id).join('\n')}\n\n${edges.map(({ from, to }) => `${from}\t${to}`).join('\n')}`;
  return useMemo(
    () =>
      placesOf(
        nodes.map(({ id }) => id),
        edges,
      ),
    [shape],
  );
}

function useNodes(
  { nodes }: RunGraph,
  places: ReadonlyMap<string, Place>,
  openStep: string,
  stopId: string | null,
): TaskNode[] {
  const before = useRef(new Map<string, TaskNode>());
  return useMemo(() => {
    const next = nodes.map((node): TaskNode => {
      const position = places.get(node.id) ?? { x: 0, y: 0 };
      const data = {
        node,
        isOpen: node.id === openStep || openStep.startsWith(`${node.id}[`),
        isStop: node.id === stopId,
      };
      const known = before.current.get(node.id);
      // What did not change is the same object, and is not drawn again.
      if (known !== undefined && known.position === position && isSame(known.data, data)) return known;
      return { id: node.id, type: 'task', position, data, ...NODE };
    });
    before.current = new Map(next.map((node) => [node.id, node]));
    return next;
  }, [nodes, places, openStep, stopId]);
}

function isSame(a: TaskNode['data'], b: TaskNode['data']): boolean {
  return a.isOpen === b.isOpen && a.isStop === b.isStop && JSON.stringify(a.node) === JSON.stringify(b.node);
}

function useEdges({ edges }: RunGraph): Edge[] {
  return useMemo(
    () =>
      edges.map(({ from, to, isCritical, isMuted }) => ({
        id: `${from}\t${to}`,
        source: from,
        target: to,
        className: `graph-edge ${isCritical ? 'critical' : ''} ${isMuted ? 'muted' : ''}`,
        zIndex: isCritical ? 1 : 0,
        ...UNHEARD,
      })),
    [edges],
  );
}

/** Where a graph too large to be read whole begins: what needs a person, then what failed, then what runs. */
function whatMatters(nodes: readonly GraphNode[]): string | null {
  for (const state of ['waiting', 'failed', 'running'] as const) {
    const found = nodes.find((node) => node.state === state);
    if (found) return found.id;
  }
  return nodes[0]?.id ?? null;
}

function middleOf({ x, y }: Place): [number, number] {
  return [x + NODE.width / 2, y + NODE.height / 2];
}

function TaskNodeView({ data }: NodeProps<TaskNode>) {
  const { node, isOpen, isStop } = data;
  const { view } = useWords(runsWords);
  const why = useWhy()(node);
  const short = useShortWhy()(node);
  const label = useNodeLabel(node, why);
  const effectWord = useEffectWord(node);
  const said = useSaidText();
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        data-step={node.id}
        tabIndex={isStop ? 0 : -1}
        title={label}
        className={[
          'graph-node nopan',
          node.state,
          signOf('state', signValue(node.state, node.wait)).tone,
          node.isCritical ? 'critical' : '',
          isOpen ? 'open' : '',
        ].join(' ')}
      >
        <span className="graph-node-head">
          <StateSign value={signValue(node.state, node.wait)} as="icon" />
          <span className="graph-node-name" dir="auto">
            {said(node.name)}
          </span>
          {node.isCritical && <span className="visually-hidden">{view.critical}</span>}
        </span>
        <span className="graph-node-foot">
          {node.items !== null ? (
            <span className={node.items.failed > 0 ? 'graph-bad truncate' : 'truncate'}>
              {view.items(node.items.done, node.items.total)}
              {node.items.failed > 0 && `, ${view.items_failed(node.items.failed)}`}
            </span>
          ) : (
            <span className="truncate" dir="auto">
              {short ?? node.kind}
            </span>
          )}
          {node.attempts > 1 && <span className="graph-extra">×{node.attempts}</span>}
          {node.effect === 'write' && <Badge tone={node.recorded_only ? 'calm' : 'info'}>{effectWord}</Badge>}
          {node.started_at !== null && (
            <span className="graph-extra">
              <Span from={node.started_at} to={node.finished_at} />
            </span>
          )}
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

function useEffectWord({ recorded_only }: GraphNode): string {
  const { effect } = useWords();
  const { view } = useWords(runsWords);
  return recorded_only ? view.recorded_only : effect.write;
}

function useNodeLabel(node: GraphNode, why: string | null): string {
  const { view } = useWords(runsWords);
  const signText = useSignText();
  const said = useSaidText();
  const parts = [said(node.name), signText('state', node.state)];
  if (why !== null) parts.push(why);
  if (node.items !== null) parts.push(view.items(node.items.done, node.items.total));
  if (node.attempts > 1) parts.push(view.attempts(node.attempts));
  if (node.isCritical) parts.push(view.critical);
  return parts.join(', ');
}
